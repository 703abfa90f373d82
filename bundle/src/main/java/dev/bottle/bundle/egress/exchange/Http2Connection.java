package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.Buffers;
import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.upstream.Upstream;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.Http2Connection.Endpoint;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HTTP/2 (RFC 9113): each exchange is a stream, and there is one at a time, since a guest's
 * connection speaks HTTP/1.1. An exchange that does not end well ends the connection, too.
 *
 * <p>A request is written as the upstream's windows allow, and {@link #isWritable} says so. Of an
 * answer a message is read when it is pulled, and its bytes are given back to the window then.
 * While nothing is pulled the connection is not read either, so that a guest who does not read
 * costs what one read holds, not a window.
 */
final class Http2Connection implements UpstreamConnection {
  private static final Logger LOG = LoggerFactory.getLogger(Http2Connection.class);

  /** Of a stream and of the connection: at a round trip of 50 ms, 80 MB/s. */
  private static final int WINDOW = 4 * 1024 * 1024;

  /** As of HTTP/1.1. */
  private static final int MAX_HEADERS = 48 * 1024;

  private final Upstream upstream;
  private final Listener listener;
  private @Nullable UpstreamStream stream;
  private @Nullable Channel channel;
  private boolean leaving;

  Http2Connection(Upstream upstream, Listener listener) {
    this.upstream = upstream;
    this.listener = listener;
    Http2FrameCodec codec =
        Http2FrameCodecBuilder.forClient()
            .initialSettings(
                Http2Settings.defaultSettings()
                    .pushEnabled(false)
                    .initialWindowSize(WINDOW)
                    .maxHeaderListSize(MAX_HEADERS))
            // Credentials are among them, and nothing that a guest sends may be compared with them
            // by its compressed length (RFC 7541, section 7.1).
            .headerSensitivityDetector(Http2HeadersEncoder.ALWAYS_SENSITIVE)
            .gracefulShutdownTimeoutMillis(0)
            .build();
    upstream.serve(codec, new Http2MultiplexHandler(new Unasked()), new Watch());
    widen(codec);
    upstream.channel().config().setAutoRead(true);
  }

  private static void widen(Http2FrameCodec codec) {
    Endpoint<Http2LocalFlowController> local = codec.connection().local();
    try {
      local
          .flowController()
          .incrementWindowSize(
              codec.connection().connectionStream(),
              WINDOW - local.flowController().windowSize(codec.connection().connectionStream()));
    } catch (Http2Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void begin(HttpRequest head) {
    UpstreamStream reader = new UpstreamStream(listener);
    stream = reader;
    Future<Http2StreamChannel> opened =
        new Http2StreamChannelBootstrap(upstream.channel())
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, Buffers.UNSENT)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel fresh) {
                    fresh
                        .pipeline()
                        .addLast(
                            new Http2StreamFrameToHttpObjectCodec(false),
                            new Http2Responses(),
                            reader);
                  }
                })
            .open(); // at once, on this event loop
    if (!opened.isSuccess()) {
      listener.ended();
      return;
    }
    channel = opened.getNow();
    write(head);
    reader.pull();
  }

  @Override
  public void write(Object message) {
    if (channel == null) {
      ReferenceCountUtil.release(message);
    } else {
      var _ = channel.writeAndFlush(message);
    }
  }

  @Override
  public boolean isWritable() {
    return channel != null && channel.isWritable();
  }

  @Override
  public void pull() {
    upstream.channel().config().setAutoRead(true);
    if (stream != null) {
      stream.pull();
    }
  }

  @Override
  public void pause() {
    upstream.channel().config().setAutoRead(false);
  }

  @Override
  public void finish() {
    if (stream != null) {
      stream.giveUp();
    }
    stream = null;
    channel = null;
  }

  @Override
  public boolean isReusable() {
    return !leaving && upstream.channel().isActive();
  }

  @Override
  public boolean isPermitted(Enforcement enforcement) {
    return upstream.isPermitted(enforcement);
  }

  @Override
  public void close() {
    Channel left = channel;
    finish();
    leaving = true;
    if (left != null) {
      var _ = left.close(); // what waits in it unread is given back then, and only then
    }
    upstream.close();
  }

  /** The connection as a whole. What ends a stream, the stream tells. */
  private final class Watch extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      boolean goAway = message instanceof Http2GoAwayFrame;
      ReferenceCountUtil.release(message);
      if (goAway) {
        left(); // the exchange that is under way may end well (section 6.8)
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      left();
    }

    private void left() {
      boolean first = !leaving;
      leaving = true;
      if (first && stream == null) {
        listener.ended();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      LOG.info("an upstream does not speak HTTP/2: {}", cause.getClass().getSimpleName());
      var _ = context.close();
    }
  }

  /** Streams that the upstream begins: none, since it was told that it must not push. */
  private static final class Unasked extends ChannelInboundHandlerAdapter {
    @Override
    public boolean isSharable() {
      return true;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      var _ = context.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
    }
  }
}
