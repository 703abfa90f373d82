package dev.bottle.bundle.address;

import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.PrivateDestination;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which addresses may be dialled. Immutable. */
public final class AddressRules {
  private static final int HTTPS = 443;

  private final Set<InetAddress> refused;
  private final List<Destination> destinations;

  private record Destination(IpSubnetFilterRule range, Set<Integer> ports) {}

  private AddressRules(Set<InetAddress> refused, List<Destination> destinations) {
    this.refused = Set.copyOf(refused);
    this.destinations = List.copyOf(destinations);
  }

  /**
   * The rules of a policy.
   *
   * @throws IllegalArgumentException naming the field when one is no address or range
   */
  public static AddressRules of(EgressPolicy policy) {
    Set<InetAddress> refused = new HashSet<>();
    for (int i = 0; i < policy.refusedAddresses().size(); i++) {
      InetAddress address =
          NetUtil.createInetAddressFromIpAddressString(policy.refusedAddresses().get(i));
      if (address == null) {
        throw new IllegalArgumentException("refusedAddresses[" + i + "] is not an address");
      }
      refused.add(address);
    }
    List<Destination> destinations = new ArrayList<>();
    for (int i = 0; i < policy.privateDestinations().size(); i++) {
      PrivateDestination destination = policy.privateDestinations().get(i);
      IpSubnetFilterRule range;
      try {
        range = AddressClass.range(destination.cidr());
      } catch (IllegalArgumentException malformed) {
        throw new IllegalArgumentException("privateDestinations[" + i + "].cidr is not a range");
      }
      destinations.add(new Destination(range, Set.copyOf(destination.ports())));
    }
    return new AddressRules(refused, destinations);
  }

  /** Why this address may not be dialled on port 443; see {@link #refusal(InetAddress, int)}. */
  public Optional<String> refusal(InetAddress address) {
    return refusal(address, HTTPS);
  }

  /**
   * Why this address may not be dialled: {@code NamedAddress} for one that the policy refuses by
   * name, else its {@link AddressClass}; empty when it may.
   */
  public Optional<String> refusal(InetAddress address, int port) {
    Optional<InetAddress> sixToFour = EmbeddedAddress.sixToFour(address);
    if (sixToFour.isPresent()) {
      return refusal(sixToFour.get(), port);
    }
    if (refused.contains(address)) {
      return Optional.of("NamedAddress");
    }
    Optional<InetAddress> nat64 = EmbeddedAddress.nat64(address);
    if (nat64.isPresent()) {
      return refusal(nat64.get(), port);
    }
    AddressClass kind = AddressClass.of(address);
    if (kind == AddressClass.Public || (kind.permissible() && isDestination(address, port))) {
      return Optional.empty();
    }
    return Optional.of(kind.name());
  }

  private boolean isDestination(InetAddress address, int port) {
    InetSocketAddress socket = new InetSocketAddress(address, port);
    return destinations.stream()
        .anyMatch(destination ->
            destination.ports().contains(port) && destination.range().matches(socket));
  }
}
