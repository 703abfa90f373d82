package dev.bottle.bundle.egress.exchange;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Heads as they are passed on: hop-by-hop headers removed (RFC 9110, section 7.6.1), framing and
 * Host written anew, so that nobody's Connection header can take them away.
 *
 * <p>Upgrade is removed like the other hop-by-hop headers and the request goes on without it: h2c
 * has no use here, and what opens a WebSocket is put back by {@link WebSockets}.
 */
final class Heads {
  private static final List<CharSequence> HOP_BY_HOP =
      List.of(
          HttpHeaderNames.CONNECTION,
          "keep-alive",
          "proxy-connection",
          HttpHeaderNames.PROXY_AUTHENTICATE,
          HttpHeaderNames.PROXY_AUTHORIZATION,
          HttpHeaderNames.TE,
          HttpHeaderNames.TRAILER,
          HttpHeaderNames.TRANSFER_ENCODING,
          HttpHeaderNames.UPGRADE,
          "http2-settings");

  private Heads() {}

  static HttpRequest request(HttpRequest head, String host) {
    HttpRequest copy =
        new DefaultHttpRequest(
            HttpVersion.HTTP_1_1, head.method(), head.uri(), head.headers().copy());
    String length = head.headers().get(HttpHeaderNames.CONTENT_LENGTH);
    removeHopByHop(copy.headers());
    copy.headers().set(HttpHeaderNames.HOST, host);
    frame(copy.headers(), HttpUtil.isTransferEncodingChunked(head), length);
    return copy;
  }

  /**
   * A final response.
   *
   * @param method of the request that it answers
   * @param close whether the guest's connection ends with it
   */
  static HttpResponse response(HttpResponse head, HttpMethod method, boolean close) {
    HttpResponse copy =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, head.status(), head.headers().copy());
    String length = head.headers().get(HttpHeaderNames.CONTENT_LENGTH);
    removeHopByHop(copy.headers());
    if (hasBody(head.status(), method)) {
      // What ends with the upstream's connection is chunked for the guest.
      frame(copy.headers(), length == null, length);
    } else {
      frame(copy.headers(), false, length);
    }
    if (close) {
      copy.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    return copy;
  }

  /** 100 (Continue), 103 (Early Hints) and others that come before the final response. */
  static HttpResponse informational(HttpResponse head) {
    HttpResponse copy =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, head.status(), Unpooled.EMPTY_BUFFER);
    copy.headers().set(head.headers());
    removeHopByHop(copy.headers());
    return copy;
  }

  private static boolean hasBody(HttpResponseStatus status, HttpMethod method) {
    return !method.equals(HttpMethod.HEAD)
        && !status.equals(HttpResponseStatus.NO_CONTENT)
        && !status.equals(HttpResponseStatus.NOT_MODIFIED);
  }

  private static void frame(HttpHeaders headers, boolean chunked, @Nullable String length) {
    headers.remove(HttpHeaderNames.CONTENT_LENGTH);
    if (chunked) {
      headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    } else if (length != null) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, length);
    }
  }

  private static void removeHopByHop(HttpHeaders headers) {
    for (String value : headers.getAll(HttpHeaderNames.CONNECTION)) {
      for (String name : value.split(",", -1)) {
        if (!name.isBlank()) {
          headers.remove(name.strip());
        }
      }
    }
    HOP_BY_HOP.forEach(headers::remove);
  }
}
