package dev.bottle.operator.admin;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
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

  private AddressRanges() {}

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
