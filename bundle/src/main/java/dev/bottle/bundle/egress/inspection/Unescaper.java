package dev.bottle.bundle.egress.inspection;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Undoes percent-encoding (RFC 3986, section 2.1) and the escapes of JSON that can hide a US-ASCII
 * character (RFC 8259, section 7: {@code \\u0067}, {@code \\/}), in a stream that is cut anywhere.
 * What is no escape stays.
 */
final class Unescaper {
  private static final int LONGEST = 6;
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long PERCENTS = ONES * '%';
  private static final long BACKSLASHES = ONES * '\\';
  private static final long SLASHES = ONES * '/';
  private static final long US = ONES * 'u';

  /** What is held, and behind it the part; and where each byte was, and the end. */
  private byte[] text = new byte[LONGEST];

  private int[] from = new int[LONGEST + 1];

  private final long[] heldAt = new long[LONGEST];
  private int held;

  /** What comes out, and where it was. */
  private byte[] out = new byte[LONGEST];

  private int[] at = new int[LONGEST + 1];

  /** Whether there is anything to undo, or may be with what follows. */
  static boolean concerns(Part part) {
    return concerns(part.bytes(), 0, part.count());
  }

  /** The same, from one index to before another. */
  static boolean concerns(byte[] text, int from, int to) {
    for (int i = begin(text, from, to); i < to; i = begin(text, i + 1, to)) {
      if (length(text, i, to) != 1) {
        return true;
      }
    }
    return false;
  }

  /**
   * The next place where an escape may begin, or the end. Looks at eight bytes at once, and at what
   * follows each: text in JSON is full of backslashes that matter not.
   */
  private static int begin(byte[] text, int from, int to) {
    int i = from;
    for (; i < to - Long.BYTES; i += Long.BYTES) {
      long word = (long) WORD.get(text, i);
      long next = (long) WORD.get(text, i + 1);
      long found =
          zeros(word ^ PERCENTS)
              | (zeros(word ^ BACKSLASHES) & (zeros(next ^ US) | zeros(next ^ SLASHES)));
      if (found != 0) {
        return i + Long.numberOfTrailingZeros(found) / Byte.SIZE;
      }
    }
    while (i < to && text[i] != '%' && text[i] != '\\') {
      i++;
    }
    return i;
  }

  /** The highest bit of the first zero byte, and perhaps of others behind it. */
  private static long zeros(long word) {
    return (word - ONES) & ~word & HIGHS;
  }

  /**
   * What comes out; good until the next call.
   *
   * @param last whether what may be the beginning of an escape is none
   */
  Part next(Part part, boolean last) {
    int end = held + part.count();
    long start = held > 0 ? heldAt[0] : part.origin(0);
    take(part, end, start);
    byte[] in = text;
    byte[] undone = out;
    int[] places = at;
    int written = 0;
    int i = 0;
    while (i < end) {
      byte next = in[i];
      places[written] = from[i];
      int length = 1;
      if (next == '%' && i + 2 < end) { // nearly every escape; without a call
        int value = HexDigits.value(in[i + 1]) << 4 | HexDigits.value(in[i + 2]);
        if (value >= 0) {
          next = (byte) value;
          length = 3;
        }
      } else if (next == '%' || next == '\\') {
        length = length(in, i, end);
        if (length == 0) {
          if (!last) {
            break;
          }
          length = 1;
        } else if (length > 1) {
          next = value(in, i, length);
        }
      }
      undone[written++] = next;
      i += length;
    }
    places[written] = from[i];
    hold(i, end, start);
    return new Part(undone, written, start, places);
  }

  /** Puts the part behind what is held, and counts all places from this one. */
  private void take(Part part, int end, long start) {
    if (text.length < end) {
      text = Arrays.copyOf(text, end);
      from = new int[end + 1];
      out = new byte[end];
      at = new int[end + 1];
    }
    System.arraycopy(part.bytes(), 0, text, held, part.count());
    for (int i = 0; i < held; i++) {
      from[i] = (int) (heldAt[i] - start);
    }
    int[] offsets = part.offsets();
    int shift = (int) (part.start() - start);
    for (int i = 0; i <= part.count(); i++) {
      from[held + i] = shift + (offsets == null ? i : offsets[i]);
    }
  }

  private void hold(int index, int end, long start) {
    for (int i = index; i < end; i++) {
      heldAt[i - index] = start + from[i];
    }
    System.arraycopy(text, index, text, 0, end - index);
    held = end - index;
  }

  /** Of the escape that begins here; 1 when none does, 0 when it depends on what follows. */
  private static int length(byte[] text, int at, int end) {
    if (text[at] == '%') {
      return escape(text, at + 1, end, 3);
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
    return at + 4 >= end ? 0 : escape(text, at + 4, end, 6);
  }

  /** Two digits must follow. */
  private static int escape(byte[] text, int from, int end, int length) {
    for (int i = from; i < from + 2; i++) {
      if (i >= end) {
        return 0;
      }
      if (HexDigits.value(text[i]) < 0) {
        return 1;
      }
    }
    return length;
  }

  private static byte value(byte[] text, int at, int length) {
    int last = at + length - 1;
    return length == 2
        ? text[last]
        : (byte) (HexDigits.value(text[last - 1]) << 4 | HexDigits.value(text[last]));
  }
}
