package dev.bottle.bundle.egress.route;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Masks patterns in a stream, however it is cut into parts. Holds back only what may be the
 * beginning of a pattern, so that an event stream is not delayed; the stream stays as long as it
 * was.
 */
final class Masker {
  /** What stands in the place of each masked byte. */
  static final byte MASK = '*';

  private static final byte[] NOTHING = new byte[0];

  private final MaskPatterns patterns;
  private byte[] held = NOTHING;

  /** How many of the coming bytes belong to what was found already. */
  private int toMask;

  Masker(MaskPatterns patterns) {
    this.patterns = patterns;
  }

  /**
   * The next part of the stream.
   *
   * @param part is taken over
   * @param last whether nothing follows; then nothing is held back
   */
  ByteBuf next(ByteBuf part, boolean last) {
    if (patterns.isEmpty()) {
      return part;
    }
    int length = held.length + part.readableBytes();
    byte[] text = new byte[length];
    System.arraycopy(held, 0, text, 0, held.length);
    part.readBytes(text, held.length, length - held.length);
    part.release();
    int end = last ? length : beginning(text);
    byte[] rest = new byte[length - end];
    System.arraycopy(text, end, rest, 0, rest.length);
    List<int[]> ranges = new ArrayList<>();
    ranges.add(new int[] {0, toMask});
    patterns.find(
        text,
        length,
        (from, to) -> {
          if (from < end) { // what begins later is found again
            ranges.add(new int[] {from, to});
          }
        });
    int masked = 0;
    for (int[] range : ranges) {
      // The search must see what it searches: only now.
      Arrays.fill(text, range[0], Math.min(range[1], end), MASK);
      masked = Math.max(masked, range[1]);
    }
    held = rest.length == 0 ? NOTHING : rest;
    toMask = Math.max(0, masked - end);
    return Unpooled.wrappedBuffer(text, 0, end);
  }

  /** Where what may go on as a pattern begins; the end when nothing may. */
  private int beginning(byte[] text) {
    int from = Math.max(0, text.length - patterns.longest() + 1);
    while (from < text.length && !patterns.mayBeginAt(text, from, text.length)) {
      from++;
    }
    return from;
  }
}
