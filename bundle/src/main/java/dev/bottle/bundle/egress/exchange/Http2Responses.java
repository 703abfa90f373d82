package dev.bottle.bundle.egress.exchange;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.HttpConversionUtil.ExtensionHeaderNames;

/**
 * Answers in the pieces in which HTTP/1.1's decoder hands them out: a head, and then its end, also
 * after an informational one, which in HTTP/2 has none. Without the headers that only Netty knows.
 */
final class Http2Responses extends ChannelInboundHandlerAdapter {
  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpResponse head) {
      for (ExtensionHeaderNames name : ExtensionHeaderNames.values()) {
        head.headers().remove(name.text());
      }
    }
    switch (message) {
      case FullHttpResponse whole -> {
        context.fireChannelRead(
            new DefaultHttpResponse(whole.protocolVersion(), whole.status(), whole.headers()));
        context.fireChannelRead(new DefaultLastHttpContent(whole.content()));
      }
      case HttpResponse head when head.status().codeClass() == HttpStatusClass.INFORMATIONAL -> {
        context.fireChannelRead(head);
        context.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
      }
      default -> context.fireChannelRead(message);
    }
  }
}
