package dev.bottle.bundle.egress.policy;

import dev.bottle.bundle.address.AddressRules;
import dev.bottle.bundle.egress.route.Grants;
import dev.bottle.bundle.egress.route.RouteMatcher;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.HostPattern;
import dev.bottle.crd.policy.Policy;
import java.net.InetAddress;
import java.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One policy, ready to be enforced. Immutable. */
public final class Enforcement {
  private final String hash;
  private final EgressPolicy policy;
  private final RouteMatcher routes;
  private final Grants grants;
  private final AddressRules addresses;
  private final TrustedRoots roots;

  private Enforcement(
      String hash,
      EgressPolicy policy,
      RouteMatcher routes,
      Grants grants,
      AddressRules addresses,
      TrustedRoots roots) {
    this.hash = hash;
    this.policy = policy;
    this.routes = routes;
    this.grants = grants;
    this.addresses = addresses;
    this.roots = roots;
  }

  /**
   * Reads policy.json.
   *
   * @param former lends what is costly and has not changed
   * @param clock by which its grants end
   * @throws MalformedDocumentException when it is no policy or cannot be enforced
   */
  static Enforcement of(byte[] document, @Nullable Enforcement former, Clock clock)
      throws MalformedDocumentException {
    EgressPolicy egress = Policy.parse(document).egress();
    Grants grants = new Grants(egress.grants(), clock);
    try {
      return new Enforcement(
          Policy.hash(document),
          egress,
          RouteMatcher.of(
              egress.allow().stream().map(HostPattern::parse).flatMap(Optional::stream).toList(),
              egress.routes(),
              grants),
          grants,
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

  /** As it was read. */
  public EgressPolicy policy() {
    return policy;
  }

  /** Which hosts are allowed, and which request gets which credential. */
  public RouteMatcher routes() {
    return routes;
  }

  /** What is allowed for a while; part of {@link #routes}. */
  public Grants grants() {
    return grants;
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
