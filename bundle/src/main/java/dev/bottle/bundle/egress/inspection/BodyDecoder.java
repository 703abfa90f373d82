package dev.bottle.bundle.egress.inspection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.compression.JdkZlibDecoder;
import io.netty.handler.codec.compression.ZlibWrapper;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Undoes a content coding (RFC 9110, section 8.4.1) piece by piece, to look at what it holds. Never
 * holds more than one piece's content: {@link #PIECE} times what deflate can do, 1,032.
 */
final class BodyDecoder implements AutoCloseable {
  private static final int PIECE = 512;

  /** Text compresses 3 to 20 times; what exceeds this is made to exhaust. */
  private static final int MAX_RATIO = 100;

  /** Below this size no ratio matters. */
  private static final long HARMLESS = 1024 * 1024;

  private final EmbeddedChannel channel;
  private long in;
  private long out;

  private BodyDecoder(ZlibWrapper wrapper) {
    // A second member must be decoded like the first, or it would hide what follows.
    channel =
        new EmbeddedChannel(
            wrapper == ZlibWrapper.GZIP
                ? new JdkZlibDecoder(wrapper, true, 0)
                : new JdkZlibDecoder(wrapper, 0));
  }

  /** What must not be passed on uninspected. */
  static final class UndecodableException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean bomb;

    UndecodableException(boolean bomb) {
      super(bomb ? "decodes to far more than it is" : "is not of its coding");
      this.bomb = bomb;
    }

    boolean isBomb() {
      return bomb;
    }
  }

  /**
   * For this coding; empty for one that cannot be undone here.
   *
   * @param coding one, as a header names it
   */
  static Optional<BodyDecoder> of(String coding) {
    return switch (coding.strip().toLowerCase(Locale.ROOT)) {
      case "gzip", "x-gzip" -> Optional.of(new BodyDecoder(ZlibWrapper.GZIP));
      case "deflate" -> Optional.of(new BodyDecoder(ZlibWrapper.ZLIB_OR_NONE));
      default -> Optional.empty();
    };
  }

  /**
   * The next part of what is coded.
   *
   * @param content gets what it holds, in order
   * @throws UndecodableException when it is not of this coding, or a bomb
   */
  void next(byte[] part, Consumer<byte[]> content) throws UndecodableException {
    for (int i = 0; i < part.length; i += PIECE) {
      int count = Math.min(PIECE, part.length - i);
      in += count;
      try {
        channel.writeInbound(Unpooled.copiedBuffer(part, i, count));
      } catch (DecoderException e) {
        throw new UndecodableException(false);
      }
      for (ByteBuf piece = channel.readInbound(); piece != null; piece = channel.readInbound()) {
        byte[] bytes = ByteBufUtil.getBytes(piece);
        piece.release();
        out += bytes.length;
        content.accept(bytes);
      }
      if (out > HARMLESS && out > MAX_RATIO * in) {
        throw new UndecodableException(true);
      }
    }
  }

  @Override
  public void close() {
    try {
      channel.finishAndReleaseAll();
    } catch (DecoderException e) {
      // It tries what is left once more, and was heard before.
      channel.releaseInbound();
    }
  }
}
