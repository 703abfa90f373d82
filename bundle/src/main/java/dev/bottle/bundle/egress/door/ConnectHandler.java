package dev.bottle.bundle.egress.door;

import dev.bottle.bundle.egress.Egress;
import dev.bottle.bundle.egress.exchange.RequestRules;
import dev.bottle.bundle.egress.exchange.StrictRequestDecoder;
import dev.bottle.bundle.egress.exchange.Tunnel;
import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.refusal.Answers;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.bundle.egress.upstream.UpstreamException;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.NonceSeen;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the one CONNECT of a connection. The decoder before it hands out one message and keeps what
 * follows, which is TLS already when the guest does not wait for the answer.
 */
final class ConnectHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(ConnectHandler.class);
  private static final String NONCE = "Bottle-Nonce";

  private final Door door;
  private @Nullable Future<?> patience;
  private boolean asked;

  ConnectHandler(Door door) {
    this.door = door;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    patience =
        context
            .executor()
            .schedule(
                () -> late(context),
                door.context().limits().firstHead().toMillis(),
                TimeUnit.MILLISECONDS);
    context.read();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    beImpatientNoMore();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (message instanceof HttpRequest request && !asked) {
        asked = true;
        beImpatientNoMore();
        asked(context, request);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void late(ChannelHandlerContext context) {
    asked = true;
    StrictRequestDecoder decoder = context.pipeline().get(StrictRequestDecoder.class);
    if (decoder != null && decoder.isHeadUnderWay()) {
      refuse(context, RequestRules.late("", 0));
    } else {
      var _ = context.close(); // nothing was asked
    }
  }

  private void asked(ChannelHandlerContext context, HttpRequest request) {
    boolean connect = request.method().equals(HttpMethod.CONNECT);
    String named = connect ? request.uri() : request.headers().get(HttpHeaderNames.HOST, "");
    Optional<Refusal> undecodable = RequestRules.undecodable(request.decoderResult(), "", 0);
    if (undecodable.isPresent()) {
      refuse(context, undecodable.get());
      return;
    }
    if (!connect) {
      refuse(context, new Refusal(405, Reason.RequestMalformed, "OnlyConnect", named, 0));
      return;
    }
    Optional<Target> parsed = Target.parse(request.uri());
    if (parsed.isEmpty()
        || request.protocolVersion().compareTo(HttpVersion.HTTP_1_0) < 0
        || request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
        || !request.headers().get(HttpHeaderNames.CONTENT_LENGTH, "0").equals("0")) {
      refuse(context, new Refusal(400, Reason.RequestMalformed, "NotAuthorityForm", named, 0));
      return;
    }
    asked(context, parsed.get());
  }

  private void asked(ChannelHandlerContext context, Target target) {
    Optional<String> nonce = target.nonce();
    if (nonce.isPresent()) {
      door.control().send(new NonceSeen(Egress.DAEMON, nonce.get()));
      FullHttpResponse answer = Answers.of(refusal(target, Reason.HostNotAllowed, "SealProbe"));
      answer.headers().set(NONCE, nonce.get());
      context.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    Optional<Refusal> refusal = refusal(target);
    if (refusal.isPresent()) {
      refuse(context, refusal.get());
      return;
    }
    door.context()
        .connector()
        .check(target.host(), context.channel().eventLoop())
        .addListener((Future<List<InetAddress>> checked) -> {
          if (checked.isSuccess()) {
            open(context, target);
          } else if (checked.cause() instanceof UpstreamException known) {
            refuse(context, known.refusal());
          } else {
            throw new IllegalStateException("resolution failed", checked.cause());
          }
        });
  }

  private Optional<Refusal> refusal(Target target) {
    Enforcement enforcement = door.context().policy().get();
    if (enforcement == null) {
      return Optional.of(refusal(target, Reason.PolicyInvalid, "NoPolicy"));
    }
    if (!enforcement.routes().allows(target.host())) {
      return Optional.of(refusal(target, Reason.HostNotAllowed, "NotInAllow"));
    }
    return target.isHttps()
        ? door.context().guard().refusal(target.host())
        : Optional.of(refusal(target, Reason.PortNotAllowed, "Only443"));
  }

  private static Refusal refusal(Target target, Reason reason, String rule) {
    return new Refusal(403, reason, rule, target.host(), target.port());
  }

  private void open(ChannelHandlerContext context, Target target) {
    if (!context.channel().isActive()) {
      return;
    }
    Optional<Refusal> refusal = refusal(target); // the policy may have changed meanwhile
    if (refusal.isPresent()) {
      refuse(context, refusal.get());
      return;
    }
    Tunnel tunnel = new Tunnel(target.host(), context.channel(), door.context());
    if (!door.tunnels().enter(context.channel(), tunnel)) {
      refuse(
          context,
          new Refusal(503, Reason.TooManyTunnels, "TooManyTunnels", target.host(), target.port()));
      return;
    }
    ChannelFuture written =
        context.writeAndFlush(
            new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, new HttpResponseStatus(200, "Connection established")));
    if (written.cause() != null) {
      var _ = context.close();
      return;
    }
    ChannelPipeline pipeline = context.pipeline();
    pipeline.addLast(Door.TLS, new InterceptHandler(target.host(), tunnel, door));
    pipeline.remove(this);
    pipeline.remove(Door.ENCODER);
    pipeline.remove(Door.DECODER); // hands on what it keeps
    context.channel().read();
  }

  private void refuse(ChannelHandlerContext context, Refusal refusal) {
    door.context().refusals().tell(refusal);
    context.writeAndFlush(Answers.of(refusal)).addListener(ChannelFutureListener.CLOSE);
  }

  private void beImpatientNoMore() {
    if (patience != null) {
      patience.cancel(false);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.error("a connection on the door failed", cause);
    }
    var _ = context.close();
  }
}
