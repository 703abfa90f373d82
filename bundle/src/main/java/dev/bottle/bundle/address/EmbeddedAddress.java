package dev.bottle.bundle.address;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The IPv4 address to which a network translates an IPv6 one: NAT64 (RFC 6052, 64:ff9b::/96) and
 * 6to4 (RFC 3056, 2002::/16). Java itself makes an IPv4 address of a mapped one (::ffff:0:0/96).
 */
final class EmbeddedAddress {
  private static final byte[] NAT64 = HexFormat.of().parseHex("0064ff9b0000000000000000");
  private static final byte[] SIX_TO_FOUR = HexFormat.of().parseHex("2002");

  private EmbeddedAddress() {}

  static Optional<InetAddress> nat64(InetAddress address) {
    return after(NAT64, address);
  }

  static Optional<InetAddress> sixToFour(InetAddress address) {
    return after(SIX_TO_FOUR, address);
  }

  private static Optional<InetAddress> after(byte[] prefix, InetAddress address) {
    byte[] bytes = address.getAddress();
    if (!(address instanceof Inet6Address)
        || !Arrays.equals(prefix, 0, prefix.length, bytes, 0, prefix.length)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          InetAddress.getByAddress(Arrays.copyOfRange(bytes, prefix.length, prefix.length + 4)));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }
}
