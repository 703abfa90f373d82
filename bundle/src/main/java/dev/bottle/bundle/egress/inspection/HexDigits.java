package dev.bottle.bundle.egress.inspection;

import java.util.Arrays;

/** Hexadecimal digits as bytes, in either case (RFC 4648, section 8), by a table. */
final class HexDigits {
  private static final byte[] VALUES = new byte[256];

  static {
    Arrays.fill(VALUES, (byte) -1);
    for (char digit : "0123456789abcdefABCDEF".toCharArray()) {
      VALUES[digit] = (byte) Character.digit(digit, 16);
    }
  }

  private HexDigits() {}

  /** 0 to 15; -1 of what is no digit. */
  static int value(byte digit) {
    return VALUES[digit & 0xff];
  }
}
