package dev.bottle.bundle.egress.policy;

import dev.bottle.bundle.egress.address.AddressRules;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.HostPattern;
import dev.bottle.crd.policy.Policy;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One policy, ready to be enforced. Immutable. */
public final class Enforcement {
  private final String hash;
  private final List<HostPattern> allow;
  private final AddressRules addresses;
  private final TrustedRoots roots;

  private Enforcement(
      String hash, List<HostPattern> allow, AddressRules addresses, TrustedRoots roots) {
    this.hash = hash;
    this.allow = allow;
    this.addresses = addresses;
    this.roots = roots;
  }

  /**
   * Reads policy.json.
   *
   * @param former lends what is costly and has not changed
   * @throws MalformedDocumentException when it is no policy or cannot be enforced
   */
  static Enforcement of(byte[] document, @Nullable Enforcement former)
      throws MalformedDocumentException {
    EgressPolicy egress = Policy.parse(document).egress();
    try {
      return new Enforcement(
          Policy.hash(document),
          egress.allow().stream().map(HostPattern::parse).flatMap(Optional::stream).toList(),
          AddressRules.of(egress),
          TrustedRoots.of(egress.upstreamRoots(), former == null ? null : former.roots));
    } catch (IllegalArgumentException e) {
      throw new MalformedDocumentException("egress." + e.getMessage());
    }
  }

  /** The hash of the bytes that this was read from. */
  public String hash() {
    return hash;
  }

  /** Whether the guest may ask for this host, in lower case. */
  public boolean allows(String host) {
    return allow.stream().anyMatch(pattern -> pattern.matches(host));
  }

  /** Why this address may not be dialled; see {@link AddressRules#refusal}. */
  public Optional<String> refusal(InetAddress address) {
    return addresses.refusal(address);
  }

  /** Client TLS towards upstreams. */
  public TrustedRoots roots() {
    return roots;
  }
}
