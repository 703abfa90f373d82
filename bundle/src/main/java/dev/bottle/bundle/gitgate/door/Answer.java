package dev.bottle.bundle.gitgate.door;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/** Answers of git-gate's own. */
final class Answer {
  private Answer() {}

  /** A line that git shows after {@code remote:}; the connection ends with it. */
  static FullHttpResponse plain(HttpResponseStatus status, String line) {
    FullHttpResponse answer = answer(status, "text/plain; charset=utf-8", line + "\n");
    answer.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    return answer;
  }

  /**
   * In place of the refs: one line that git shows after {@code fatal: remote error:}
   * (gitprotocol-pack, "error-line").
   */
  static FullHttpResponse error(GitRequest request, String line) {
    String service = "# service=" + request.service().program() + "\n";
    return answer(
        HttpResponseStatus.OK,
        request.service().advertisementType(),
        packet(service) + "0000" + packet("ERR git-gate: " + line));
  }

  private static String packet(String text) {
    return "%04x%s".formatted(text.getBytes(StandardCharsets.UTF_8).length + 4, text);
  }

  private static FullHttpResponse answer(HttpResponseStatus status, String type, String text) {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    FullHttpResponse answer =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
    answer
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, type)
        .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
        .set(HttpHeaderNames.CACHE_CONTROL, "no-cache");
    return answer;
  }
}
