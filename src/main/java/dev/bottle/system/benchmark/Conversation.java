package dev.bottle.system.benchmark;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;
import java.io.IOException;

/** What is said on an open connection; on its event loop. */
abstract class Conversation extends SimpleChannelInboundHandler<HttpObject> {
  private final Way way;
  private final Promise<Void> done = ImmediateEventExecutor.INSTANCE.newPromise();

  Conversation(Way way) {
    this.way = way;
  }

  /** The conversation is over. */
  final Future<Void> done() {
    return done;
  }

  final void finish() {
    done.trySuccess(null);
  }

  final void fail(String why) {
    done.tryFailure(new IOException(why));
  }

  /** A request without a body. */
  final HttpRequest get(String path) {
    return dress(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, path));
  }

  /** The head of a request with a body. */
  final HttpRequest post(String path, String contentType, long length) {
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, path);
    head.headers()
        .set(HttpHeaderNames.CONTENT_TYPE, contentType)
        .set(HttpHeaderNames.CONTENT_LENGTH, length);
    return dress(head);
  }

  private HttpRequest dress(HttpRequest head) {
    head.headers()
        .set(HttpHeaderNames.HOST, Load.HOST)
        .set(HttpHeaderNames.USER_AGENT, "bottle-benchmark/1")
        .set(HttpHeaderNames.ACCEPT, "*/*");
    if (way.credential() != null) {
      head.headers().set(HttpHeaderNames.AUTHORIZATION, way.credential());
    }
    return head;
  }

  /** On the event loop: say the first thing. */
  abstract void begin(ChannelHandlerContext context);

  /** The answer is there whole. */
  abstract void answered(ChannelHandlerContext context);

  /** A part of the answer's body. */
  void body(ByteBuf part) {}

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    context.executor().execute(() -> begin(context));
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
    if (message instanceof HttpResponse head && !head.status().equals(HttpResponseStatus.OK)) {
      fail("the answer is " + head.status());
    }
    if (message instanceof HttpContent content) {
      body(content.content());
      if (content instanceof LastHttpContent) {
        answered(context);
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    fail("the connection ended");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    done.tryFailure(cause);
  }
}
