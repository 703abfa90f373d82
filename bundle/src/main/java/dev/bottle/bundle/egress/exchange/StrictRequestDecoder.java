package dev.bottle.bundle.egress.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Netty's decoder with everything strict: CRLF only, valid header names and values, one
 * Content-Length, no Content-Length beside Transfer-Encoding, which Netty would drop (RFC 9112,
 * section 6.1), and no folded header line, which Netty would join (section 5.2). Heads are at most
 * 64 KiB. Trailers may be folded: they go nowhere.
 *
 * <p>Netty skips control bytes before a request and then waits for a line's end. Here a byte that
 * begins no request ends it at once: TLS, whose first byte is 0x16, may never send a line feed.
 */
public final class StrictRequestDecoder extends HttpRequestDecoder {
  private static final int MAX_LINE = 16 * 1024;
  private static final int MAX_HEADERS = 48 * 1024;
  private static final int MAX_CHUNK = 16 * 1024;

  private final FoldWatch folds = new FoldWatch();
  private boolean inBody;
  private boolean headUnderWay;
  private boolean refused;

  /** What is said when a head has begun and its end is not there yet. */
  public enum Event {
    HEAD_BEGUN
  }

  /** A decoder of one connection. */
  public StrictRequestDecoder() {
    super(config());
  }

  /**
   * The same strictness for responses, but for folded lines, which section 5.2 lets a proxy join:
   * what decodes them for a client cannot be told otherwise, and the guest never sees a fold.
   */
  static HttpDecoderConfig config() {
    return new HttpDecoderConfig()
        .setMaxInitialLineLength(MAX_LINE)
        .setMaxHeaderSize(MAX_HEADERS)
        .setMaxChunkSize(MAX_CHUNK)
        .setAllowDuplicateContentLengths(false)
        .setStrictLineParsing(true)
        .setValidateHeaders(true);
  }

  /** Whether a head has begun and its end is not there yet. */
  public boolean isHeadUnderWay() {
    return headUnderWay;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws Exception {
    if (refused) {
      in.skipBytes(in.readableBytes());
      return;
    }
    int first = headUnderWay ? -1 : afterLineEnds(in);
    if (inBody || !in.isReadable()) {
      super.decode(context, in, out);
    } else if (first >= 0 && beginsNoRequest(in.getByte(first))) {
      refuse("no request", in, out);
    } else {
      boolean begins = first >= 0;
      int from = in.readerIndex();
      super.decode(context, in, out); // reads no further than the head's end
      if (folds.seenIn(in, from, in.readerIndex()) && !isFailure(out)) {
        out.clear(); // a head and its empty end, which hold nothing
        refuse("a folded header line", in, out);
      }
      headUnderWay = (headUnderWay || begins) && out.isEmpty();
      if (begins && headUnderWay) {
        context.fireUserEventTriggered(Event.HEAD_BEGUN);
      }
    }
    for (Object message : out) {
      inBody = !(message instanceof LastHttpContent);
    }
  }

  private void refuse(String why, ByteBuf in, List<Object> out) {
    refused = true;
    in.skipBytes(in.readableBytes());
    HttpMessage invalid = createInvalidMessage();
    invalid.setDecoderResult(DecoderResult.failure(new IllegalArgumentException(why)));
    out.add(invalid);
  }

  private static boolean isFailure(List<Object> out) {
    return !out.isEmpty()
        && out.getFirst() instanceof HttpMessage message
        && message.decoderResult().isFailure();
  }

  /** Empty lines before a request are none of it (RFC 9112, section 2.2). */
  private static int afterLineEnds(ByteBuf in) {
    return in.forEachByte(next -> next == '\r' || next == '\n');
  }

  /** Neither visible US-ASCII nor the white space that {@link FoldWatch} knows: no method. */
  private static boolean beginsNoRequest(byte next) {
    return next != ' ' && next != '\t' && (next <= ' ' || next == 0x7f);
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException("Content-Length beside Transfer-Encoding");
  }
}
