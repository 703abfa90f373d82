package dev.bottle.bundle.address;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;

/**
 * What kind of address this is, by the IANA special-purpose registries (RFC 6890) and what clouds
 * put beside them. The first that matches counts.
 */
public enum AddressClass {
  /** Credentials of the machine itself, whichever cloud. */
  Metadata(
      false,
      "169.254.169.254/32",
      "169.254.170.2/32",
      "100.100.100.200/32",
      "168.63.129.16/32",
      "fd00:ec2::/32",
      "fd20:ce::254/128"),
  /** This Pod. */
  Loopback(false, "127.0.0.0/8", "::1/128"),
  /** Nobody, which operating systems take for this Pod. */
  Unspecified(false, "0.0.0.0/8", "::/128"),
  /** This wire, and on clouds their services. */
  LinkLocal(false, "169.254.0.0/16", "fe80::/10"),
  /** Groups. */
  Multicast(false, "224.0.0.0/4", "ff00::/8"),
  /** Everybody on this wire. */
  Broadcast(false, "255.255.255.255/32"),
  /** RFC 1918, RFC 6598, RFC 4193 and RFC 3879: the cluster and what is near it. */
  Private(
      true,
      "10.0.0.0/8",
      "172.16.0.0/12",
      "192.168.0.0/16",
      "100.64.0.0/10",
      "fc00::/7",
      "fec0::/10"),
  /** Tests, documentation, protocols, and what is not given to anyone yet. */
  Reserved(
      true,
      "192.0.0.0/24",
      "192.0.2.0/24",
      "192.31.196.0/24",
      "192.52.193.0/24",
      "192.88.99.0/24",
      "192.175.48.0/24",
      "198.18.0.0/15",
      "198.51.100.0/24",
      "203.0.113.0/24",
      "240.0.0.0/4",
      // Of IPv6 only 2000::/3 is given out: the rest, in five ranges.
      "::/3",
      "4000::/2",
      "8000::/1",
      "2001::/23",
      "2001:db8::/32",
      "3fff::/20"),
  /** Everything else. */
  Public(true);

  private final boolean permissible;

  @SuppressWarnings("ImmutableEnumChecker") // an unmodifiable list of rules without state
  private final List<IpSubnetFilterRule> ranges;

  AddressClass(boolean permissible, String... ranges) {
    this.permissible = permissible;
    this.ranges = Arrays.stream(ranges).map(AddressClass::range).toList();
  }

  /** Whether a cluster admin may name such an address as a private destination. */
  public boolean permissible() {
    return permissible;
  }

  /** The class of the address itself; an IPv4 address that it embeds is the caller's business. */
  static AddressClass of(InetAddress address) {
    InetSocketAddress socket = new InetSocketAddress(address, 0);
    for (AddressClass candidate : values()) {
      if (candidate.ranges.stream().anyMatch(range -> range.matches(socket))) {
        return candidate;
      }
    }
    return Public;
  }

  /**
   * A range such as {@code 10.0.0.0/8}.
   *
   * @throws IllegalArgumentException when it is none
   */
  static IpSubnetFilterRule range(String cidr) {
    int slash = cidr.indexOf('/');
    // Netty's own reading of a range takes host names and asks for their addresses.
    InetAddress network =
        slash < 0 ? null : NetUtil.createInetAddressFromIpAddressString(cidr.substring(0, slash));
    if (network == null) {
      throw new IllegalArgumentException("not a range of addresses");
    }
    return new IpSubnetFilterRule(
        network, Integer.parseInt(cidr.substring(slash + 1)), IpFilterRuleType.REJECT);
  }
}
