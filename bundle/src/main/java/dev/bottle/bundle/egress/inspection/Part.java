package dev.bottle.bundle.egress.inspection;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A part of a stream, and where its bytes were before escapes were undone. Nobody changes it. */
final class Part {
  private final byte[] bytes;
  private final int count;
  private final long start;
  private final int @Nullable [] offsets;

  /**
   * The first bytes of an array.
   *
   * @param start the place of the first one, in the original stream
   * @param offsets for each byte its place in the original stream, counted from {@code start}, and
   *     one more for the end; null when the bytes follow each other there
   */
  Part(byte[] bytes, int count, long start, int @Nullable [] offsets) {
    this.bytes = bytes;
    this.count = count;
    this.start = start;
    this.offsets = offsets;
  }

  byte[] bytes() {
    return bytes;
  }

  int count() {
    return count;
  }

  long start() {
    return start;
  }

  /** See the constructor. Not to be changed. */
  int @Nullable [] offsets() {
    return offsets;
  }

  /** The place in the original stream of the byte at this index, or of the end. */
  long origin(int index) {
    return start + (offsets == null ? index : offsets[index]);
  }

  /** From one index to before the other, a copy. */
  Part slice(int from, int to) {
    return new Part(
        Arrays.copyOfRange(bytes, from, to),
        to - from,
        offsets == null ? start + from : start,
        offsets == null ? null : Arrays.copyOfRange(offsets, from, to + 1));
  }
}
