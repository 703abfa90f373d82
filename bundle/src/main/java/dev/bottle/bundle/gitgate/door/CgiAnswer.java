package dev.bottle.bundle.gitgate.door;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What a CGI program writes (RFC 3875, section 6), on its way to the guest, no faster than the
 * guest reads. With a status line before it, it is a response like any other, and is read as one.
 */
final class CgiAnswer {
  private static final int PART = 32 * 1024;
  private static final String STATUS = "Status";
  private static final List<CharSequence> PASSED =
      List.of(HttpHeaderNames.CONTENT_TYPE, HttpHeaderNames.CACHE_CONTROL);

  private final Channel guest;
  private final EmbeddedChannel decoder = new EmbeddedChannel(new HttpResponseDecoder());
  private boolean begun;

  CgiAnswer(Channel guest) {
    this.guest = guest;
  }

  /**
   * Copies all of it; the end of the answer itself stays to be written.
   *
   * @return whether there was a head
   * @throws IOException when the guest is gone
   */
  boolean copy(InputStream from) throws IOException, InterruptedException {
    try {
      decoder.writeInbound(Unpooled.copiedBuffer("HTTP/1.1 200 OK\r\n", StandardCharsets.US_ASCII));
      byte[] part = new byte[PART];
      for (int count = from.read(part); count >= 0; count = from.read(part)) {
        decoder.writeInbound(Unpooled.copiedBuffer(part, 0, count));
        pass();
      }
      return begun;
    } finally {
      decoder.finishAndReleaseAll();
    }
  }

  private void pass() throws IOException, InterruptedException {
    for (Object next = decoder.readInbound(); next != null; next = decoder.readInbound()) {
      try {
        if (next instanceof HttpResponse head && !begun) {
          begun = true;
          send(head(head));
        }
        if (next instanceof HttpContent content && content.content().isReadable()) {
          ByteBuf bytes = content.content();
          send(new DefaultHttpContent(bytes.retain()));
        }
      } finally {
        ReferenceCountUtil.release(next);
      }
    }
  }

  private void send(Object message) throws IOException, InterruptedException {
    if (!guest.writeAndFlush(message).await().isSuccess()) {
      throw new IOException("the guest is gone");
    }
  }

  private static HttpResponse head(HttpResponse cgi) {
    String status = cgi.headers().get(STATUS);
    HttpResponse head =
        new DefaultHttpResponse(
            HttpVersion.HTTP_1_1,
            status == null ? HttpResponseStatus.OK : HttpResponseStatus.parseLine(status));
    for (CharSequence name : PASSED) {
      String value = cgi.headers().get(name);
      if (value != null) {
        head.headers().set(name, value);
      }
    }
    head.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    return head;
  }

  /** What ends it. */
  static LastHttpContent end() {
    return LastHttpContent.EMPTY_LAST_CONTENT;
  }
}
