package dev.bottle.bundle.egress.route;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Texts that must not be seen, searched for all at once. Immutable; a few dozen texts, of which the
 * first two bytes decide almost everywhere that there is nothing.
 *
 * <p>netty-buffer's Aho-Corasick processor takes 1 KiB for each character of a pattern and does not
 * say how much of the end may be a beginning, which a stream must know.
 */
final class MaskPatterns {
  /** Nothing must be hidden. */
  static final MaskPatterns NONE = new MaskPatterns(List.of());

  private final List<byte[]> patterns;
  private final BitSet beginnings = new BitSet(1 << 16);
  private final int longest;

  private MaskPatterns(List<byte[]> patterns) {
    this.patterns = patterns;
    patterns.forEach(pattern -> beginnings.set(pair(pattern[0], pattern[1])));
    longest = patterns.stream().mapToInt(pattern -> pattern.length).max().orElse(0);
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

  /** The length of the longest pattern that stands here, 0 when none does. */
  int at(byte[] text, int from, int end) {
    if (end - from < 2 || !beginnings.get(pair(text[from], text[from + 1]))) {
      return 0;
    }
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
    int masked = 0;
    boolean changed = false;
    for (int i = 0; i < bytes.length; i++) {
      masked = Math.max(masked, i + at(bytes, i, bytes.length));
      if (i < masked) {
        bytes[i] = Masker.MASK;
        changed = true;
      }
    }
    return changed ? new String(bytes, StandardCharsets.ISO_8859_1) : text;
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
