package dev.bottle.operator.admin;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The ranges that are not the public internet, from the IANA special-purpose registries. */
public final class AddressRanges {
  /**
   * IPv4: "this network", private (RFC 1918), shared (RFC 6598), loopback, link-local and so on.
   */
  public static final List<Cidr> NOT_PUBLIC_V4 =
      Stream.of(
              "0.0.0.0/8",
              "10.0.0.0/8",
              "100.64.0.0/10",
              "127.0.0.0/8",
              "169.254.0.0/16",
              "172.16.0.0/12",
              "192.0.0.0/24",
              "192.168.0.0/16",
              "198.18.0.0/15",
              "224.0.0.0/4",
              "240.0.0.0/4")
          .map(Cidr::parse)
          .toList();

  /** IPv6: loopback, NAT64 (reaches private v4), unique local, link-local, multicast. */
  public static final List<Cidr> NOT_PUBLIC_V6 =
      Stream.of("::/127", "64:ff9b::/96", "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "ff00::/8")
          .map(Cidr::parse)
          .toList();

  /**
   * What no admin can open: it is the host itself, its link or nobody. Clouds serve the credentials
   * of a node at 169.254.169.254 and fd00:ec2::254.
   */
  private static final List<Cidr> NEVER =
      Stream.of(
              "0.0.0.0/8",
              "127.0.0.0/8",
              "169.254.0.0/16",
              "224.0.0.0/4",
              "240.0.0.0/4",
              "::/127",
              "fd00:ec2::254/128",
              "fe80::/10",
              "ff00::/8")
          .map(Cidr::parse)
          .toList();

  private static final Cidr METADATA = Cidr.parse("169.254.169.254/32");
  private static final Cidr LINK_LOCAL_V4 = Cidr.parse("169.254.0.0/16");

  private AddressRanges() {}

  /** Whether this range lies wholly within what stays refused whatever an admin says. */
  public static boolean isNeverReachable(Cidr range) {
    return NEVER.stream().anyMatch(never -> never.contains(range));
  }

  /** What of this range stays closed although an admin opens the range. */
  public static List<Cidr> neverReachableWithin(Cidr range) {
    return NEVER.stream().filter(never -> !never.equals(range) && range.contains(never)).toList();
  }

  /** Whether a resolver may live there: node-local DNS caches are at link-local addresses. */
  public static boolean mayServeDns(Cidr range) {
    return LINK_LOCAL_V4.contains(range) && !range.contains(METADATA);
  }

  /** The address of this literal, or empty when it is none; no name is looked up. */
  public static Optional<InetAddress> parse(String literal) {
    try {
      return Optional.of(InetAddress.ofLiteral(literal));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Whether the address belongs to the public internet. */
  public static boolean isPublic(InetAddress address) {
    return Stream.concat(NOT_PUBLIC_V4.stream(), NOT_PUBLIC_V6.stream())
        .noneMatch(range -> range.contains(address));
  }

  /**
   * The address as people and Kubernetes write it; RFC 5952 for IPv6, which Java prints with every
   * zero.
   */
  public static String text(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address.getHostAddress();
    }
    // RFC 5952 §4.2: the longest run of at least two zero groups, the first of equals, becomes ::
    String[] groups = address.getHostAddress().replaceFirst("%.*", "").split(":");
    int start = -1;
    int length = 1;
    for (int from = 0; from < groups.length; from++) {
      int to = from;
      while (to < groups.length && groups[to].equals("0")) {
        to++;
      }
      if (to - from > length) {
        start = from;
        length = to - from;
      }
    }
    if (start < 0) {
      return String.join(":", groups);
    }
    List<String> all = List.of(groups);
    return String.join(":", all.subList(0, start))
        + "::"
        + String.join(":", all.subList(start + length, all.size()));
  }
}
