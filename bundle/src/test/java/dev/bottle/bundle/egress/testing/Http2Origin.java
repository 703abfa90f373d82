package dev.bottle.bundle.egress.testing;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.DefaultHttp2UnknownFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A TLS server on loopback that chooses HTTP/2 and does with each stream what the test says, frame
 * by frame. Whoever does not offer HTTP/2 gets a WebSocket that sends everything back.
 */
public final class Http2Origin implements Closeable {
  /** What happens on a stream after its head; it is not ended by returning. */
  @FunctionalInterface
  public interface Script {
    void run(Stream stream) throws IOException, InterruptedException;
  }

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel server;
  private final Queue<String> heads = new ConcurrentLinkedQueue<>();
  private final Queue<String> protocols = new ConcurrentLinkedQueue<>();
  private final Queue<String> resets = new ConcurrentLinkedQueue<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicLong received = new AtomicLong();
  private final int window;
  private volatile Script script = stream -> {};

  /** Presents a certificate of this authority for these names, with this window for each stream. */
  public Http2Origin(TestAuthority authority, List<String> names, int window) throws IOException {
    this.window = window;
    SslContext context =
        SslContextBuilder.forServer(authority.keys(names, Instant.now().plus(Duration.ofDays(1))))
            .sslProvider(SslProvider.JDK)
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    Protocol.ALPN,
                    SelectorFailureBehavior.NO_ADVERTISE,
                    SelectedListenerFailureBehavior.ACCEPT,
                    ApplicationProtocolNames.HTTP_2,
                    ApplicationProtocolNames.HTTP_1_1))
            .build();
    server =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    connections.incrementAndGet();
                    open.incrementAndGet();
                    channel.closeFuture().addListener(_ -> open.decrementAndGet());
                    channel.pipeline().addLast(context.newHandler(channel.alloc()), new Choice());
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
  }

  /** The script of streams that come from now on. */
  public void script(Script next) {
    script = next;
  }

  /** Where it listens on loopback. */
  public int port() {
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  /** Every head, as {@code name: value} lines. */
  public List<String> heads() {
    return List.copyOf(heads);
  }

  /** What each connection chose, in order. */
  public List<String> protocols() {
    return List.copyOf(protocols);
  }

  /** What the other side reset a stream or left a connection with. */
  public List<String> resets() {
    return List.copyOf(resets);
  }

  /** How many connections came. */
  public int connections() {
    return connections.get();
  }

  /** How many of them are open. */
  public int open() {
    return open.get();
  }

  /** Bytes of bodies that scripts read. */
  public long received() {
    return received.get();
  }

  @Override
  public void close() {
    server.close().syncUninterruptibly();
    loops.shutdownGracefully(0, 100, TimeUnit.MILLISECONDS).awaitUninterruptibly();
  }

  private final class Choice extends ApplicationProtocolNegotiationHandler {
    Choice() {
      super(ApplicationProtocolNames.HTTP_1_1);
    }

    @Override
    protected void configurePipeline(ChannelHandlerContext context, String protocol) {
      protocols.add(protocol);
      if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
        context
            .pipeline()
            .addLast(
                Http2FrameCodecBuilder.forServer()
                    .initialSettings(Http2Settings.defaultSettings().initialWindowSize(window))
                    .validateHeaders(false)
                    .build(),
                new Http2MultiplexHandler(
                    new ChannelInitializer<Channel>() {
                      @Override
                      protected void initChannel(Channel channel) {
                        channel.config().setOption(ChannelOption.AUTO_READ, false);
                        channel.pipeline().addLast(new Reader((Http2StreamChannel) channel));
                      }
                    }),
                new Rest());
      } else {
        context
            .pipeline()
            .addLast(
                new HttpServerCodec(),
                new HttpObjectAggregator(1024),
                new WebSocketServerProtocolHandler("/ws"),
                new Echo());
      }
    }
  }

  private static final class Echo extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof TextWebSocketFrame frame) {
        var _ = context.writeAndFlush(frame);
      } else {
        ReferenceCountUtil.release(message);
      }
    }
  }

  private final class Rest extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof Http2GoAwayFrame left) {
        resets.add("connection " + left.errorCode());
      }
      ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var _ = context.close();
    }
  }

  private final class Reader extends ChannelInboundHandlerAdapter {
    private final Stream stream;

    Reader(Http2StreamChannel channel) {
      stream = new Stream(channel);
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      context.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof Http2HeadersFrame head && stream.head == null) {
        StringBuilder text = new StringBuilder();
        head.headers()
            .forEach(header ->
                text.append(header.getKey()).append(": ").append(header.getValue()).append('\n'));
        stream.head = text.toString();
        heads.add(text.toString());
        if (head.isEndStream()) {
          stream.parts.add(Stream.END);
        }
        Script now = script;
        Thread.ofVirtual()
            .start(() -> {
              try {
                now.run(stream);
              } catch (IOException | InterruptedException ended) {
                // the test asserts on the other side
              }
            });
      } else if (message instanceof Http2DataFrame data) {
        byte[] bytes = ByteBufUtil.getBytes(data.content());
        received.addAndGet(bytes.length);
        if (bytes.length > 0) {
          stream.parts.add(bytes);
        }
        if (data.isEndStream()) {
          stream.parts.add(Stream.END);
        }
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof Http2ResetFrame reset) {
        resets.add("stream " + reset.errorCode());
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      stream.parts.add(Stream.END);
    }
  }

  /** One request. */
  public static final class Stream {
    private static final byte[] END = new byte[0];

    private final Http2StreamChannel channel;
    private final BlockingQueue<byte[]> parts = new LinkedBlockingQueue<>();
    private @Nullable String head;

    Stream(Http2StreamChannel channel) {
      this.channel = channel;
    }

    /** As {@code name: value} lines. */
    public String head() {
      return String.valueOf(head);
    }

    /** The next part of the body; empty at its end. */
    public String read() throws InterruptedException {
      if (parts.isEmpty()) {
        channel.read();
      }
      return new String(parts.take(), StandardCharsets.ISO_8859_1);
    }

    /** The rest of the body. */
    public String body() throws InterruptedException {
      StringBuilder body = new StringBuilder();
      for (String part = read(); !part.isEmpty(); part = read()) {
        body.append(part);
      }
      return body.toString();
    }

    /** A head: {@code 200}, and names and values in turn. */
    public Stream answer(String status, boolean last, String... headers) throws IOException {
      Http2Headers head = new DefaultHttp2Headers(false).status(status);
      for (int i = 0; i < headers.length; i += 2) {
        head.add(headers[i], headers[i + 1]);
      }
      return write(new DefaultHttp2HeadersFrame(head, last));
    }

    /** Trailers, which end the answer. */
    public Stream trailers(String name, String value) throws IOException {
      return write(
          new DefaultHttp2HeadersFrame(new DefaultHttp2Headers(false).add(name, value), true));
    }

    /** A part of the body; waits until it is on its way. */
    public Stream data(String text, boolean last) throws IOException {
      return write(
          new DefaultHttp2DataFrame(
              Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1), last));
    }

    /** A frame of a kind that nobody knows (RFC 9113, section 5.5). */
    public Stream unknown() throws IOException {
      return write(
          new DefaultHttp2UnknownFrame(
              (byte) 0x0b,
              new Http2Flags(),
              Unpooled.copiedBuffer("grease", StandardCharsets.ISO_8859_1)));
    }

    /** Ends the stream with this. */
    public void reset(Http2Error error) throws IOException {
      write(new DefaultHttp2ResetFrame(error));
    }

    /** Says that the connection ends, and which streams of the other side it still serves. */
    public void goAway(Http2Error error, int more) throws IOException {
      DefaultHttp2GoAwayFrame frame = new DefaultHttp2GoAwayFrame(error);
      frame.setExtraStreamIds(more);
      await(channel.parent().writeAndFlush(frame));
    }

    /** Ends the connection without a word. */
    public void closeConnection() {
      channel.parent().close().syncUninterruptibly();
    }

    private Stream write(Object frame) throws IOException {
      await(channel.writeAndFlush(frame));
      return this;
    }

    private static void await(Future<?> done) throws IOException {
      done.awaitUninterruptibly();
      if (!done.isSuccess()) {
        throw new IOException(done.cause());
      }
    }
  }
}
