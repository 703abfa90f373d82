package dev.bottle.operator.admin;

import java.net.InetAddress;
import java.util.Arrays;

/**
 * A range of IP addresses, v4 or v6, in the canonical form: the bits after the prefix are zero.
 *
 * @param network the first address
 * @param prefix the number of leading bits that all addresses share
 */
public record Cidr(InetAddress network, int prefix) {

  /** Refuses a prefix that the address family does not have and a network with host bits. */
  public Cidr {
    int width = network.getAddress().length * 8;
    if (prefix < 0 || prefix > width) {
      throw new IllegalArgumentException("the prefix must be between 0 and " + width);
    }
    if (!Arrays.equals(masked(network.getAddress(), prefix), network.getAddress())) {
      throw new IllegalArgumentException(
          network.getHostAddress() + " has bits set after its first " + prefix);
    }
  }

  /**
   * Parses {@code 10.0.0.0/8} or {@code fd00::/8}.
   *
   * @throws IllegalArgumentException when it is neither, without any look-up of names
   */
  public static Cidr parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("'" + text + "' has no prefix, as in 10.0.0.0/8");
    }
    try {
      return new Cidr(
          InetAddress.ofLiteral(text.substring(0, slash)),
          Integer.parseInt(text.substring(slash + 1)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a range of addresses: " + e.getMessage(), e);
    }
  }

  /** Whether the address lies within; an address of the other family does not. */
  public boolean contains(InetAddress address) {
    byte[] bytes = address.getAddress();
    return bytes.length == network.getAddress().length
        && Arrays.equals(masked(bytes, prefix), network.getAddress());
  }

  /** Whether every address of the other range lies within this one. */
  public boolean contains(Cidr other) {
    return other.prefix >= prefix && contains(other.network);
  }

  /** Whether this is a range of IPv6 addresses. */
  public boolean isV6() {
    return network.getAddress().length == 16;
  }

  private static byte[] masked(byte[] address, int prefix) {
    byte[] masked = address.clone();
    for (int bit = prefix; bit < masked.length * 8; bit++) {
      masked[bit / 8] &= (byte) ~(0x80 >> bit % 8);
    }
    return masked;
  }

  @Override
  public String toString() {
    return AddressRanges.text(network) + "/" + prefix;
  }
}
