package dev.bottle.system.adversarial.internet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Answers by path, when the whole request is there. */
final class Origin extends SimpleChannelInboundHandler<Object> {
  private static final int PIECE = 64 * 1024;
  private static final long HUGE = 10L * 1024 * 1024 * 1024;

  private final Ledger record;
  private final String sink;
  private final int connection;
  private @Nullable HttpRequest request;
  private boolean endless;

  Origin(Ledger record, String sink, int connection) {
    this.record = record;
    this.sink = sink;
    this.connection = connection;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, Object message) {
    if (message instanceof TextWebSocketFrame frame) {
      record.bytes(sink, connection, frame.text()); // on the wire it is masked
      return;
    }
    if (message instanceof HttpRequest head) {
      request = head;
    }
    HttpRequest now = request;
    if (message instanceof LastHttpContent && now != null) {
      request = null;
      answer(context, now);
    }
  }

  private void answer(ChannelHandlerContext context, HttpRequest now) {
    String path = now.uri();
    if (path.equals("/endless")) {
      HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
      HttpUtil.setTransferEncodingChunked(head, true);
      var _ = context.writeAndFlush(head);
      endless = true;
      pour(context);
      return;
    }
    if (path.equals("/huge")) {
      HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
      HttpUtil.setContentLength(head, HUGE);
      var _ = context.writeAndFlush(head);
      return;
    }
    FullHttpResponse answer =
        switch (path) {
          case "/v1/echo" -> echo(now);
          case "/v1/redirect/denied" -> redirect("https://evil.test/landing");
          case "/v1/redirect/open" -> redirect("https://open.example.org/landing");
          case "/v1/redirect/plain" -> redirect("http://open.example.org/landing");
          case "/v1/proxy-authentication" -> answer(407, "authenticate");
          default -> answer(200, "arrived");
        };
    boolean last = !HttpUtil.isKeepAlive(now);
    var written = context.writeAndFlush(answer);
    if (last) {
      written.addListener(ChannelFutureListener.CLOSE);
    }
  }

  private static FullHttpResponse answer(int status, String text) {
    FullHttpResponse answer =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(status),
            Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
    HttpUtil.setContentLength(answer, answer.content().readableBytes());
    return answer;
  }

  private static FullHttpResponse redirect(String where) {
    FullHttpResponse answer = answer(302, "elsewhere");
    answer.headers().set(HttpHeaderNames.LOCATION, where);
    return answer;
  }

  private static FullHttpResponse echo(HttpRequest now) {
    FullHttpResponse answer = answer(200, "you sent " + now.headers().entries());
    String credential = now.headers().get(HttpHeaderNames.AUTHORIZATION, "");
    answer.headers().set("X-Echo", credential);
    return answer;
  }

  /** As fast as it is taken. */
  private void pour(ChannelHandlerContext context) {
    while (endless && context.channel().isActive() && context.channel().isWritable()) {
      ByteBuf piece = context.alloc().buffer(PIECE).writeZero(PIECE);
      var _ = context.writeAndFlush(new DefaultHttpContent(piece));
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    pour(context);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    var _ = context.close();
  }
}
