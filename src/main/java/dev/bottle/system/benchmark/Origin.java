package dev.bottle.system.benchmark;

import dev.bottle.system.origin.OriginCertificate;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 origin. It answers {@code GET /bytes/N} with N bytes and everything else, when it is
 * there whole, with 64; all but with 401 when the route's token is missing.
 */
final class Origin extends SimpleChannelInboundHandler<HttpObject> {
  private static final int HTTPS = 443;
  private static final int SMALL = 64;
  private static final int CHUNK = 256 * 1024;
  private static final String BYTES = "/bytes/";

  private final String credential;
  private final ByteBuf text;
  private boolean known;
  private long rest;
  private String path = "";

  private Origin(String credential, ByteBuf text) {
    this.credential = credential;
    this.text = text;
  }

  /**
   * Listens until these loops end.
   *
   * @param credential the Authorization that a request must have
   * @param text what downloads consist of, again and again
   */
  static void listen(
      EventLoopGroup loops, OriginCertificate certificate, String credential, byte[] text)
      throws SSLException {
    SslContext tls =
        SslContextBuilder.forServer(certificate.keys()).sslProvider(SslProvider.JDK).build();
    ByteBuf content = Unpooled.unreleasableBuffer(Unpooled.directBuffer().writeBytes(text));
    new ServerBootstrap()
        .group(loops)
        .channel(NioServerSocketChannel.class)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel
                    .pipeline()
                    .addLast(tls.newHandler(channel.alloc()))
                    .addLast(new HttpServerCodec(4096, 8192, CHUNK))
                    .addLast(new Origin(credential, content));
              }
            })
        .bind(new InetSocketAddress(Namespace.ORIGIN, HTTPS))
        .syncUninterruptibly();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
    if (message instanceof HttpRequest head) {
      path = head.uri();
      known = credential.equals(head.headers().get(HttpHeaderNames.AUTHORIZATION));
    }
    if (message instanceof LastHttpContent) {
      if (known && path.startsWith(BYTES)) {
        pour(context, Long.parseLong(path.substring(BYTES.length())));
      } else {
        var _ = context.writeAndFlush(small());
      }
    }
  }

  private FullHttpResponse small() {
    FullHttpResponse answer =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            known ? HttpResponseStatus.OK : HttpResponseStatus.UNAUTHORIZED,
            text.retainedSlice(0, SMALL));
    HttpUtil.setContentLength(answer, SMALL);
    return answer;
  }

  private void pour(ChannelHandlerContext context, long count) {
    HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    HttpUtil.setContentLength(head, count);
    rest = count;
    var _ = context.write(head);
    pour(context);
  }

  private void pour(ChannelHandlerContext context) {
    while (rest > 0 && context.channel().isWritable()) {
      int count = (int) Math.min(rest, Math.min(CHUNK, text.readableBytes()));
      rest -= count;
      var _ = context.write(new DefaultHttpContent(text.retainedSlice(0, count)));
      if (rest == 0) {
        var _ = context.write(LastHttpContent.EMPTY_LAST_CONTENT);
      }
      context.flush();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    pour(context);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, @Nullable Throwable cause) {
    var _ = context.close();
  }
}
