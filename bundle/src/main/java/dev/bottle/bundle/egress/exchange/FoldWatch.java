package dev.bottle.bundle.egress.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;

/**
 * Looks for lines that begin with a space or a tab, in heads that come in pieces: folded ones (RFC
 * 9112, section 5.2), and the first one, which Netty would strip.
 */
final class FoldWatch implements ByteProcessor {
  private byte previous = '\n';

  /** Whether one begins in these bytes, which follow those of the call before. */
  boolean seenIn(ByteBuf bytes, int from, int to) {
    return bytes.forEachByte(from, to - from, this) >= 0;
  }

  @Override
  public boolean process(byte next) {
    boolean indented = previous == '\n' && (next == ' ' || next == '\t');
    previous = next;
    return !indented;
  }
}
