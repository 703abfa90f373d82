package dev.bottle.bundle.egress.upstream;

import dev.bottle.bundle.egress.Buffers;
import dev.bottle.bundle.egress.Limits;
import dev.bottle.bundle.egress.policy.TrustedRoots;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.CertificateException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tries one address after the other until one answers TLS as the host. */
final class Attempt {
  private final String host;
  private final EventLoop loop;
  private final Dialer dialer;
  private final Limits limits;
  private final TrustedRoots roots;
  private final boolean http2;
  private final Promise<Upstream> result;

  Attempt(
      String host,
      EventLoop loop,
      Dialer dialer,
      Limits limits,
      TrustedRoots roots,
      boolean http2,
      Promise<Upstream> result) {
    this.host = host;
    this.loop = loop;
    this.dialer = dialer;
    this.limits = limits;
    this.roots = roots;
    this.http2 = http2;
    this.result = result;
  }

  void over(List<InetAddress> addresses) {
    over(addresses, 0, "UpstreamUnreachable");
  }

  private void over(List<InetAddress> addresses, int index, String lastFault) {
    if (index == addresses.size()) {
      result.tryFailure(Connector.failure(host, lastFault));
      return;
    }
    InetAddress address = addresses.get(index);
    Bootstrap bootstrap =
        bootstrap(loop, limits)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    SslHandler tls =
                        roots.context(http2).newHandler(channel.alloc(), host, Connector.PORT);
                    tls.setHandshakeTimeoutMillis(limits.handshake().toMillis());
                    channel.pipeline().addLast("tls", tls).addLast(Upstream.FAILURE, new Failure());
                  }
                });
    dialer
        .dial(bootstrap, new InetSocketAddress(address, Connector.PORT))
        .addListener((ChannelFuture connected) -> {
          if (!connected.isSuccess()) {
            over(addresses, index + 1, "UpstreamUnreachable");
            return;
          }
          Channel channel = connected.channel();
          channel
              .pipeline()
              .get(SslHandler.class)
              .handshakeFuture()
              .addListener((Future<Channel> shaken) -> {
                if (shaken.isSuccess()) {
                  if (!result.trySuccess(new Upstream(channel, List.of(address), roots))) {
                    var _ = channel.close();
                  }
                  return;
                }
                var _ = channel.close();
                over(addresses, index + 1, fault(shaken.cause()));
              });
          channel.read();
        });
  }

  static Bootstrap bootstrap(EventLoop loop, Limits limits) {
    return new Bootstrap()
        .group(loop)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.AUTO_READ, false)
        .option(ChannelOption.ALLOCATOR, Buffers.POOL)
        .option(ChannelOption.RECVBUF_ALLOCATOR, Buffers.reads())
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, Buffers.UNSENT)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.SO_KEEPALIVE, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(limits.connect().toMillis()));
  }

  static boolean isOfCertificate(@Nullable Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException) {
        return true;
      }
    }
    return false;
  }

  private static String fault(@Nullable Throwable failure) {
    return isOfCertificate(failure) ? "UpstreamCertificateInvalid" : "UpstreamHandshakeFailed";
  }

  /** The handshake's future tells what happened; nobody else needs to hear it. */
  static final class Failure extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var _ = context.close();
    }
  }
}
