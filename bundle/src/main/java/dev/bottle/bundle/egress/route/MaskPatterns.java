package dev.bottle.bundle.egress.route;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Texts that must not be seen, searched for all at once. Immutable.
 *
 * <p>The search is Wu and Manber's (A Fast Algorithm for Multi-Pattern Searching, 1994) with blocks
 * of two bytes: tokens are long, so that most of a stream is never looked at. netty-buffer's
 * Aho-Corasick processor looks at each byte, takes 1 KiB for each character of a pattern, and does
 * not say how much of the end may be a beginning, which a stream must know.
 */
final class MaskPatterns {
  /** Nothing must be hidden. */
  static final MaskPatterns NONE = new MaskPatterns(List.of());

  private static final int MAX_SHIFT = 127;

  /** The longest first, so that it is found where one begins another. */
  private final List<byte[]> patterns;

  /** How far the window may move, by its last two bytes; 0 where a pattern may be. */
  private final byte[] shifts;

  private final int shortest;
  private final int longest;

  /** Told of each place where a pattern is, in the order of their beginnings. */
  interface Found {
    void at(int from, int end);
  }

  private MaskPatterns(List<byte[]> patterns) {
    this.patterns = patterns;
    shortest = patterns.stream().mapToInt(pattern -> pattern.length).min().orElse(0);
    longest = patterns.stream().mapToInt(pattern -> pattern.length).max().orElse(0);
    shifts = new byte[patterns.isEmpty() ? 0 : 1 << 16];
    Arrays.fill(shifts, (byte) Math.min(shortest - 1, MAX_SHIFT));
    for (byte[] pattern : patterns) {
      for (int end = 1; end < shortest; end++) {
        int pair = pair(pattern[end - 1], pattern[end]);
        shifts[pair] = (byte) Math.min(shifts[pair], shortest - 1 - end);
      }
    }
  }

  /** Every echo form of these secrets. */
  static MaskPatterns of(Collection<String> secrets) {
    List<byte[]> patterns = new ArrayList<>();
    secrets.stream()
        .flatMap(secret -> EchoForms.of(secret).stream())
        .distinct()
        .sorted(Comparator.comparingInt(String::length).reversed())
        .forEach(form -> patterns.add(form.getBytes(StandardCharsets.ISO_8859_1)));
    return patterns.isEmpty() ? NONE : new MaskPatterns(List.copyOf(patterns));
  }

  boolean isEmpty() {
    return patterns.isEmpty();
  }

  /** The length of the longest of them. */
  int longest() {
    return longest;
  }

  /** Finds every pattern in the text before this end. */
  void find(byte[] text, int end, Found found) {
    if (patterns.isEmpty()) {
      return;
    }
    int last = shortest - 1;
    while (last < end) {
      int shift = shifts[pair(text[last - 1], text[last])];
      if (shift == 0) {
        int from = last - shortest + 1;
        int length = at(text, from, end);
        if (length > 0) {
          found.at(from, from + length);
        }
        shift = 1;
      }
      last += shift;
    }
  }

  private int at(byte[] text, int from, int end) {
    for (byte[] pattern : patterns) {
      if (pattern.length <= end - from && isSame(pattern, text, from, pattern.length)) {
        return pattern.length;
      }
    }
    return 0;
  }

  /** Whether a pattern begins with everything from here on, and is longer. */
  boolean mayBeginAt(byte[] text, int from, int end) {
    int length = end - from;
    for (byte[] pattern : patterns) {
      if (length < pattern.length && isSame(pattern, text, from, length)) {
        return true;
      }
    }
    return false;
  }

  /** The text with every pattern masked, as long as it was. */
  String mask(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    byte[] masked = bytes.clone();
    find(bytes, bytes.length, (from, end) -> Arrays.fill(masked, from, end, Masker.MASK));
    return Arrays.equals(bytes, masked) ? text : new String(masked, StandardCharsets.ISO_8859_1);
  }

  private static boolean isSame(byte[] pattern, byte[] text, int from, int length) {
    for (int i = 0; i < length; i++) {
      if (pattern[i] != text[from + i]) {
        return false;
      }
    }
    return true;
  }

  private static int pair(byte first, byte second) {
    return (first & 0xff) << 8 | (second & 0xff);
  }
}
