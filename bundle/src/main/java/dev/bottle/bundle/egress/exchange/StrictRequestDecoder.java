package dev.bottle.bundle.egress.exchange;

import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;

/**
 * Netty's decoder with everything strict: CRLF only, valid header names and values, one
 * Content-Length, and no Content-Length beside Transfer-Encoding, which Netty would drop (RFC 9112,
 * section 6.1). Folded header lines it joins, as section 5.2 allows a proxy. Heads are at most 64
 * KiB.
 */
public final class StrictRequestDecoder extends HttpRequestDecoder {
  private static final int MAX_LINE = 16 * 1024;
  private static final int MAX_HEADERS = 48 * 1024;
  private static final int MAX_CHUNK = 16 * 1024;

  /** A decoder of one connection. */
  public StrictRequestDecoder() {
    super(config());
  }

  /** The same strictness for responses. */
  static HttpDecoderConfig config() {
    return new HttpDecoderConfig()
        .setMaxInitialLineLength(MAX_LINE)
        .setMaxHeaderSize(MAX_HEADERS)
        .setMaxChunkSize(MAX_CHUNK)
        .setAllowDuplicateContentLengths(false)
        .setStrictLineParsing(true)
        .setValidateHeaders(true);
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException("Content-Length beside Transfer-Encoding");
  }
}
