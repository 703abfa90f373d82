package dev.bottle.system.adversarial.internet;

import dev.bottle.system.origin.OriginCertificate;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/**
 * The internet's process. Its argument is where the authorities that a Bottle trusts are written;
 * it says {@code ready} and then each {@link SinkEvent}, and ends with its standard input.
 */
public final class InternetMain {
  private static final int HTTPS = 443;
  private static final int DNS = 53;

  /** Where nothing may ever arrive, whatever the address. */
  private static final List<Integer> OTHER_PORTS =
      List.of(22, 25, 53, 80, 853, 6379, 8080, 8443, 10250);

  /**
   * Where no datagram may ever arrive but a question to the name server: NTP, QUIC, DNS over TLS.
   */
  private static final List<Integer> DATAGRAM_PORTS = List.of(123, 443, 853);

  private final Ledger record;
  private final SSLContext valid;
  private final SSLContext wrongName;
  private final SSLContext untrusted;

  private InternetMain(Ledger record, Path authorities) throws IOException {
    OriginCertificate good =
        OriginCertificate.forNames(
            List.of("*.example.org", "*.wild.example.org", "*.b.wild.example.org", "evil.test"));
    OriginCertificate other = OriginCertificate.forNames(List.of("other.example.org"));
    this.record = record;
    this.valid = good.tls();
    this.wrongName = other.tls();
    this.untrusted = OriginCertificate.forNames(List.of("untrusted.example.org")).tls();
    Files.writeString(authorities, good.authority() + other.authority());
  }

  /** See the class. */
  public static void main(String[] arguments) throws IOException {
    PrintStream events = System.out;
    System.setOut(System.err); // nothing else is said there, such as by a logger
    new InternetMain(new Ledger(events), Path.of(arguments[0])).listen();
    events.println("ready");
    while (System.in.read() >= 0) {
      // until whoever started this is gone
    }
    System.exit(0);
  }

  private void listen() {
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    ServerBootstrap servers =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel);
                  }
                });
    servers.bind(HTTPS).syncUninterruptibly();
    OTHER_PORTS.forEach(port -> servers.bind(port).syncUninterruptibly());
    new Bootstrap()
        .group(loops)
        .channel(NioDatagramChannel.class)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel
                    .pipeline()
                    .addLast(new DatagramDnsQueryDecoder())
                    .addLast(new DatagramDnsResponseEncoder())
                    .addLast(new NameServer(record));
              }
            })
        .bind(DNS)
        .syncUninterruptibly();
    Bootstrap datagrams =
        new Bootstrap()
            .group(loops)
            .channel(NioDatagramChannel.class)
            .handler(new DatagramRecorder(record));
    DATAGRAM_PORTS.forEach(port -> datagrams.clone().bind(port).syncUninterruptibly());
  }

  private void accept(Channel channel) {
    InetSocketAddress local = (InetSocketAddress) channel.localAddress();
    String address = local.getAddress().getHostAddress();
    String sink = address + ":" + local.getPort();
    int connection = record.opened(sink);
    ChannelPipeline pipeline = channel.pipeline();
    if (local.getPort() == HTTPS) {
      switch (address) {
        case Hosts.ORIGIN, Hosts.EVIL -> pipeline.addLast(tls(valid));
        case Hosts.WRONG_NAME -> pipeline.addLast(tls(wrongName));
        case Hosts.UNTRUSTED -> pipeline.addLast(tls(untrusted));
        case Hosts.CLOSED -> {
          var _ = channel.close();
          return;
        }
        default -> {} // the bytes as they come
      }
    }
    pipeline.addLast(new Recorder(record, sink, connection));
    if (pipeline.get(SslHandler.class) != null) {
      pipeline
          .addLast(new HttpServerCodec())
          .addLast(new WebSocketServerProtocolHandler("/ws"))
          .addLast(new Origin(record, sink, connection));
    }
  }

  private static SslHandler tls(SSLContext context) {
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    return new SslHandler(engine);
  }
}
