package dev.bottle.bundle.egress.inspection;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The newest bytes of one stream, and where each of them was in the original one. Its arrays are
 * used again and again, and grow to {@link #ROOM} more than what must be kept and one part.
 */
final class Window {
  /** So that what is kept moves to the front only now and then. */
  private static final int ROOM = 4096;

  private final int kept;
  private byte[] bytes = new byte[0];

  /** For each byte, and one more, its place counted from {@link #origin}; null when it is base. */
  private int @Nullable [] offsets;

  private int length;

  /** The place of the first byte in this stream. */
  private long base;

  /** What offsets are counted from. */
  private long origin;

  /**
   * Empty.
   *
   * @param kept how many bytes must stay when more come
   */
  Window(int kept) {
    this.kept = kept;
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  long base() {
    return base;
  }

  /** Takes these bytes in; what was at an index may be at another. */
  void append(Part part) {
    int count = part.count();
    if (length + count > bytes.length) {
      makeRoom(count);
    }
    System.arraycopy(part.bytes(), 0, bytes, length, count);
    int[] from = part.offsets();
    if (from != null) {
      place(from, part.start(), count);
    }
    length += count;
  }

  private void place(int[] from, long start, int count) {
    int[] places = offsets;
    if (places == null) { // a stream's parts are all of one kind
      places = new int[bytes.length + 1];
      origin = start;
      offsets = places;
    }
    int shift = (int) (start - origin);
    for (int i = 0; i <= count; i++) {
      places[length + i] = from[i] + shift;
    }
  }

  private void makeRoom(int count) {
    int stay = Math.min(length, kept);
    int dropped = length - stay;
    boolean grows = stay + count > bytes.length;
    byte[] next = grows ? new byte[stay + count + (bytes.length == 0 ? 0 : ROOM)] : bytes;
    System.arraycopy(bytes, dropped, next, 0, stay);
    int[] places = offsets;
    if (places != null) {
      int first = places[dropped];
      int[] moved = grows ? new int[next.length + 1] : places;
      for (int i = 0; i <= stay; i++) {
        moved[i] = places[dropped + i] - first;
      }
      origin += first;
      offsets = moved;
    }
    bytes = next;
    base += dropped;
    length = stay;
  }

  /** The place in the original stream of the byte at this index, or of the end. */
  long origin(int index) {
    return offsets == null ? base + index : origin + offsets[index];
  }

  /** What is before the newest bytes, but no more than this. */
  Part before(int newest, int most) {
    int to = length - newest;
    int from = Math.max(0, to - most);
    int[] places = offsets;
    return places == null
        ? new Part(Arrays.copyOfRange(bytes, from, to), to - from, base + from, null)
        : new Part(
            Arrays.copyOfRange(bytes, from, to),
            to - from,
            origin,
            Arrays.copyOfRange(places, from, to + 1));
  }
}
