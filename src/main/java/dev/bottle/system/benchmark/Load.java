package dev.bottle.system.benchmark;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.resolver.NoopAddressResolverGroup;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.HdrHistogram.Histogram;

/**
 * The load generator: HTTP/1.1 over Netty. The usual tools cannot ask a proxy on a unix socket. A
 * closed loop: the next request of a connection is sent when the answer is there, as an agent does,
 * so what is measured is what one agent waits.
 */
final class Load {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int HTTPS = 443;
  private static final int CHUNK = 256 * 1024;
  private static final long HIGHEST_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int DIGITS = 3;

  /** The host that is asked for. */
  static final String HOST = "origin.example.org";

  private final EventLoopGroup loops;

  Load(EventLoopGroup loops) {
    this.loops = loops;
  }

  /** For durations in nanoseconds. */
  static Histogram histogram() {
    return new Histogram(HIGHEST_NANOS, DIGITS);
  }

  /** What a client of this way trusts, without a session to resume. */
  static SslContext tls(Way way) throws SSLException {
    return SslContextBuilder.forClient()
        .sslProvider(SslProvider.JDK)
        .trustManager(new ByteArrayInputStream(way.authority().getBytes(StandardCharsets.US_ASCII)))
        .build();
  }

  /** A connection, all handshakes done. */
  Channel open(Way way, SslContext tls) throws IOException {
    SocketAddress proxy = way.proxy();
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loops)
            .channel(
                proxy instanceof UnixDomainSocketAddress
                    ? NioDomainSocketChannel.class
                    : NioSocketChannel.class)
            .resolver(NoopAddressResolverGroup.INSTANCE)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    if (proxy != null) {
                      channel.pipeline().addLast(new HttpProxyHandler(proxy));
                    }
                    channel
                        .pipeline()
                        .addLast(tls.newHandler(channel.alloc(), HOST, HTTPS))
                        .addLast(new HttpClientCodec(4096, 8192, CHUNK));
                  }
                });
    if (!(proxy instanceof UnixDomainSocketAddress)) {
      bootstrap.option(ChannelOption.TCP_NODELAY, true);
    }
    InetSocketAddress origin =
        proxy == null
            ? new InetSocketAddress(Namespace.ORIGIN, HTTPS)
            : InetSocketAddress.createUnresolved(HOST, HTTPS);
    try {
      Channel channel = bootstrap.connect(origin).sync().channel();
      channel.pipeline().get(SslHandler.class).handshakeFuture().sync();
      return channel;
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** So many small requests on this connection, each one's nanoseconds. */
  void small(Channel channel, Way way, int count, Histogram durations) throws IOException {
    await(channel, new SmallRequests(way, count, durations));
  }

  /** So many small requests, over connections at once. */
  void requests(Way way, SslContext tls, int connections, int count) throws IOException {
    List<Channel> channels = new ArrayList<>();
    List<Conversation> conversations = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      Channel channel = open(way, tls);
      Conversation conversation = new SmallRequests(way, count / connections, histogram());
      channel.pipeline().addLast(conversation);
      channels.add(channel);
      conversations.add(conversation);
    }
    for (Conversation conversation : conversations) {
      end(conversation);
    }
    channels.forEach(channel -> channel.close().awaitUninterruptibly());
  }

  /** The seconds that a body of so many bytes takes to arrive. */
  double download(Channel channel, Way way, long bytes) throws IOException {
    return seconds(channel, new Download(way, bytes));
  }

  /** The seconds that this body, so many times, takes to be sent and answered. */
  double upload(Channel channel, Way way, Body body, int times) throws IOException {
    return seconds(channel, new Upload(way, body, times));
  }

  private static double seconds(Channel channel, Conversation conversation) throws IOException {
    long start = System.nanoTime();
    await(channel, conversation);
    return (System.nanoTime() - start) / 1e9;
  }

  private static void await(Channel channel, Conversation conversation) throws IOException {
    channel.pipeline().addLast(conversation);
    end(conversation);
    channel.pipeline().remove(conversation);
  }

  private static void end(Conversation conversation) throws IOException {
    try {
      if (!conversation.done().await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IOException("no answer within " + PATIENCE);
      }
      if (!conversation.done().isSuccess()) {
        throw new IOException(conversation.done().cause());
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
