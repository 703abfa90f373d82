package dev.bottle.bundle.egress.upstream;

import dev.bottle.bundle.egress.Limits;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.crd.condition.Reason;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One CONNECT to pipelock, and in its tunnel TLS with a certificate that pipelock made. */
final class PipelockAttempt {
  private static final String CODEC = "connect-codec";

  private final String host;
  private final EventLoop loop;
  private final Dialer dialer;
  private final Limits limits;
  private final Pipelock pipelock;
  private final Promise<Upstream> result;

  PipelockAttempt(
      String host,
      EventLoop loop,
      Dialer dialer,
      Limits limits,
      Pipelock pipelock,
      Promise<Upstream> result) {
    this.host = host;
    this.loop = loop;
    this.dialer = dialer;
    this.limits = limits;
    this.pipelock = pipelock;
    this.result = result;
  }

  /**
   * Asks for the host.
   *
   * @param checked its addresses, all of them permitted
   */
  void start(List<InetAddress> checked) {
    var bootstrap =
        Attempt.bootstrap(loop, limits)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(CODEC, new HttpClientCodec())
                        .addLast(new Ask(checked));
                  }
                });
    dialer
        .dial(bootstrap, pipelock.address())
        .addListener((ChannelFuture connected) -> {
          if (!connected.isSuccess()) {
            unavailable("PipelockUnreachable");
          }
        });
  }

  private void unavailable(String rule) {
    pipelock.suspected().run();
    refuse(new Refusal(502, Reason.PipelockUnavailable, rule, host, Connector.PORT));
  }

  private void refuse(Refusal refusal) {
    result.tryFailure(new UpstreamException(refusal));
  }

  /** What pipelock's answer to a CONNECT means, other than 200. */
  private void refused(int status) {
    switch (status) {
      case 429 -> // RFC 6585, section 4; it counts what it is asked for
          refuse(
              new Refusal(429, Reason.PipelockRefused, "PipelockRateLimit", host, Connector.PORT));
      case 502, 504 -> refuse(Connector.failure(host, "UpstreamUnreachable").refusal());
      case 503 -> unavailable("PipelockFrozen"); // its kill switch
      default -> {
        if (status >= 400 && status < 500) {
          refuse(new Refusal(403, Reason.PipelockRefused, "PipelockConnect", host, Connector.PORT));
        } else {
          unavailable("PipelockMalformed");
        }
      }
    }
  }

  private final class Ask extends SimpleChannelInboundHandler<HttpObject> {
    private final List<InetAddress> checked;
    private @Nullable Future<?> patience;
    private int status;
    private boolean over;

    Ask(List<InetAddress> checked) {
      this.checked = checked;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      // Pipelock answers when it has dialled the host, or failed to.
      patience =
          loop.schedule(
              () -> end(context, () -> unavailable("PipelockTimeout")),
              limits.connect().plus(limits.handshake()).toMillis(),
              TimeUnit.MILLISECONDS);
      String authority = host + ":" + Connector.PORT;
      DefaultFullHttpRequest ask =
          new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.CONNECT, authority);
      ask.headers().set(HttpHeaderNames.HOST, authority);
      var _ = context.writeAndFlush(ask);
      context.read();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject object) {
      if (over) {
        return;
      }
      if (object.decoderResult().isFailure()) {
        end(context, () -> unavailable("PipelockMalformed"));
      } else if (object instanceof HttpResponse head) {
        status = head.status().code();
        if (status != 200) {
          end(context, () -> refused(status));
        }
      } else if (object instanceof LastHttpContent) {
        over = true;
        disarm();
        // The codec is in the middle of its work.
        loop.execute(() -> secure(context));
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      if (!over) {
        context.read();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      end(context, () -> unavailable("PipelockClosed"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      end(
          context,
          () ->
              unavailable(
                  cause instanceof DecoderException ? "PipelockMalformed" : "PipelockClosed"));
    }

    private void end(ChannelHandlerContext context, Runnable why) {
      if (!over) {
        over = true;
        disarm();
        why.run();
        var _ = context.close();
      }
    }

    private void disarm() {
      if (patience != null) {
        patience.cancel(false);
      }
    }

    private void secure(ChannelHandlerContext context) {
      Channel channel = context.channel();
      SslHandler tls =
          pipelock.authority().context(false).newHandler(channel.alloc(), host, Connector.PORT);
      tls.setHandshakeTimeoutMillis(limits.handshake().toMillis());
      channel.pipeline().remove(CODEC);
      channel.pipeline().addLast("tls", tls).addLast(Upstream.FAILURE, new Attempt.Failure());
      channel.pipeline().remove(this);
      tls.handshakeFuture()
          .addListener((Future<Channel> shaken) -> {
            if (shaken.isSuccess()) {
              if (!result.trySuccess(new Upstream(channel, checked, null))) {
                var _ = channel.close();
              }
            } else {
              var _ = channel.close();
              unavailable(
                  Attempt.isOfCertificate(shaken.cause())
                      ? "PipelockCertificateInvalid"
                      : "PipelockHandshakeFailed");
            }
          });
      channel.read();
    }
  }
}
