package dev.bottle.bundle.egress.inspection;

import org.jspecify.annotations.Nullable;

/** A part of a stream, and where its bytes were before escapes were undone. Nobody changes it. */
final class Part {
  private final byte[] bytes;
  private final int count;
  private final long start;
  private final long @Nullable [] origins;

  /**
   * The first bytes of an array.
   *
   * @param start the place of the first one, in the original stream
   * @param origins for each byte its place in the original stream, and one more for the end; null
   *     when the bytes follow each other there
   */
  Part(byte[] bytes, int count, long start, long @Nullable [] origins) {
    this.bytes = bytes;
    this.count = count;
    this.start = start;
    this.origins = origins;
  }

  byte[] bytes() {
    return bytes;
  }

  int count() {
    return count;
  }

  long @Nullable [] origins() {
    return origins;
  }

  /** The place in the original stream of the byte at this index, or of the end. */
  long origin(int index) {
    return origins == null ? start + index : origins[index];
  }
}
