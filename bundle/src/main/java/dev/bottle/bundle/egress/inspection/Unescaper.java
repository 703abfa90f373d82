package dev.bottle.bundle.egress.inspection;

import java.util.Arrays;

/**
 * Undoes percent-encoding (RFC 3986, section 2.1) and the escapes of JSON that can hide a US-ASCII
 * character (RFC 8259, section 7: {@code \\u0067}, {@code \\/}), in a stream that is cut anywhere.
 * What is no escape stays.
 */
final class Unescaper {
  private static final int LONGEST = 6;

  private final byte[] held = new byte[LONGEST];
  private long[] heldAt = new long[0];
  private int heldCount;

  /** Whether there is anything to undo, or may be with what follows. */
  static boolean concerns(Part part) {
    byte[] text = part.bytes();
    for (int i = 0; i < part.count(); i++) {
      if ((text[i] == '%' || text[i] == '\\') && length(text, i, part.count()) != 1) {
        return true;
      }
    }
    return false;
  }

  /**
   * What comes out.
   *
   * @param last whether what may be the beginning of an escape is none
   */
  Part next(Part part, boolean last) {
    int count = part.count();
    byte[] text = new byte[heldCount + count];
    System.arraycopy(held, 0, text, 0, heldCount);
    System.arraycopy(part.bytes(), 0, text, heldCount, count);
    long[] from = new long[text.length + 1];
    System.arraycopy(heldAt, 0, from, 0, heldCount);
    for (int i = 0; i <= count; i++) {
      from[heldCount + i] = part.origin(i);
    }
    byte[] out = new byte[text.length];
    long[] at = new long[text.length + 1];
    int written = 0;
    int i = 0;
    while (i < text.length) {
      int length = length(text, i, text.length);
      if (length == 0 && !last) {
        break;
      }
      at[written] = from[i];
      out[written++] = length > 1 ? value(text, i, length) : text[i];
      i += Math.max(1, length);
    }
    at[written] = from[i];
    heldCount = text.length - i;
    System.arraycopy(text, i, held, 0, heldCount);
    heldAt = Arrays.copyOfRange(from, i, text.length + 1);
    return new Part(out, written, at[0], at);
  }

  /** Of the escape that begins here; 1 when none does, 0 when it depends on what follows. */
  private static int length(byte[] text, int at, int end) {
    if (text[at] == '%') {
      return escape(text, at + 1, end, 2, 3);
    }
    if (text[at] != '\\') {
      return 1;
    }
    if (at + 1 == end) {
      return 0;
    }
    if (text[at + 1] == '/') {
      return 2;
    }
    if (text[at + 1] != 'u') {
      return 1;
    }
    for (int i = at + 2; i < Math.min(end, at + 4); i++) {
      if (text[i] != '0') {
        return 1;
      }
    }
    return at + 4 >= end ? 0 : escape(text, at + 4, end, 2, 6);
  }

  private static int escape(byte[] text, int from, int end, int digits, int length) {
    for (int i = from; i < from + digits; i++) {
      if (i >= end) {
        return 0;
      }
      if (Character.digit(text[i], 16) < 0) {
        return 1;
      }
    }
    return length;
  }

  private static byte value(byte[] text, int at, int length) {
    int last = at + length - 1;
    return length == 2
        ? text[last]
        : (byte) (Character.digit(text[last - 1], 16) << 4 | Character.digit(text[last], 16));
  }
}
