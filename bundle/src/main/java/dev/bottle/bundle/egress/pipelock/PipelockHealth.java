package dev.bottle.bundle.egress.pipelock;

import dev.bottle.bundle.egress.Buffers;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks pipelock's {@code /health}, every few seconds and whenever a request makes one doubt, and
 * tells what is new. Only the status line counts: the rest names its version and settings.
 */
public final class PipelockHealth {
  private static final Duration INTERVAL = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final String UNASKED = "pipelock has not been asked yet";

  private final EventLoop loop;
  private final InetSocketAddress address;
  private final Consumer<@Nullable String> told;
  private @Nullable String fault = UNASKED;
  private boolean looking;

  /**
   * Asks nothing yet.
   *
   * @param told what is wrong, null when nothing is; at the start, and whenever it changes
   */
  public PipelockHealth(
      EventLoop loop, InetSocketAddress address, Consumer<@Nullable String> told) {
    this.loop = loop;
    this.address = address;
    this.told = told;
  }

  /** Tells that nothing is known, and begins to ask; ends with the event loop. */
  public void start() {
    told.accept(fault);
    var _ = loop.scheduleWithFixedDelay(this::look, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Asks now, from any thread; never blocks. */
  public void suspected() {
    loop.execute(this::look);
  }

  private void look() {
    if (looking) {
      return;
    }
    looking = true;
    new Bootstrap()
        .group(loop)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.ALLOCATOR, Buffers.POOL)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(PATIENCE.toMillis()))
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel
                    .pipeline()
                    .addLast(new ReadTimeoutHandler(PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
                    .addLast(new HttpClientCodec())
                    .addLast(new Question());
              }
            })
        .connect(address)
        .addListener((ChannelFuture connected) -> {
          if (!connected.isSuccess()) {
            seen("does not listen");
          }
        });
  }

  private void seen(@Nullable String now) {
    looking = false;
    String next =
        now == null ? null : "pipelock at " + NetUtil.toSocketAddressString(address) + " " + now;
    if (!Objects.equals(next, fault)) {
      fault = next;
      told.accept(next);
    }
  }

  private final class Question extends SimpleChannelInboundHandler<HttpObject> {
    private boolean answered;

    @Override
    public void channelActive(ChannelHandlerContext context) {
      DefaultFullHttpRequest ask =
          new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/health");
      ask.headers()
          .set(HttpHeaderNames.HOST, address.getHostString())
          .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
      var _ = context.writeAndFlush(ask);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject object) {
      if (object.decoderResult().isFailure()) {
        answer(context, "does not speak HTTP");
      } else if (object instanceof HttpResponse head) {
        answer(
            context,
            head.status().equals(HttpResponseStatus.OK)
                ? null
                : "answers " + head.status().code() + " when asked for its health");
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      answer(context, "closes when asked for its health");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      answer(
          context, cause instanceof ReadTimeoutException ? "does not answer" : "closes when asked");
    }

    private void answer(ChannelHandlerContext context, @Nullable String now) {
      if (!answered) {
        answered = true;
        seen(now);
        var _ = context.close();
      }
    }
  }
}
