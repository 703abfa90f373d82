package dev.bottle.bundle.egress.door;

import dev.bottle.bundle.egress.exchange.StrictRequestDecoder;
import dev.bottle.bundle.egress.exchange.Tunnel;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.crd.condition.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the ClientHello, wants the server name to be the host of CONNECT, and goes on as that host.
 */
final class InterceptHandler extends AbstractSniHandler<SslContext> {
  private static final Logger LOG = LoggerFactory.getLogger(InterceptHandler.class);
  private static final int MAX_CLIENT_HELLO = 64 * 1024;

  /** A fatal alert unrecognized_name(112) (RFC 6066, section 3; RFC 8446, section 6). */
  private static final byte[] UNRECOGNIZED_NAME = HexFormat.of().parseHex("15030300020270");

  private final String host;
  private final Tunnel tunnel;
  private final Door door;
  private boolean refused;

  InterceptHandler(String host, Tunnel tunnel, Door door) {
    super(MAX_CLIENT_HELLO, door.context().limits().handshake().toMillis());
    this.host = host;
    this.tunnel = tunnel;
    this.door = door;
  }

  /** Null is what does not begin as TLS does. */
  @Override
  protected Future<SslContext> lookup(ChannelHandlerContext context, @Nullable ByteBuf hello)
      throws Exception {
    if (hello == null) {
      refuse(new Refusal(400, Reason.RequestMalformed, "NotTls", host, 443));
      return context.executor().newFailedFuture(new IOException("refused"));
    }
    return super.lookup(context, hello);
  }

  @Override
  protected Future<SslContext> lookup(ChannelHandlerContext context, @Nullable String serverName) {
    if (host.equals(serverName)) {
      return context.executor().newSucceededFuture(door.leaves().contextFor(host));
    }
    refuse(
        new Refusal(
            403,
            Reason.HostMismatch,
            serverName == null ? "NoServerName" : "ServerName",
            serverName == null ? host : serverName,
            443));
    return context.executor().newFailedFuture(new IOException("refused"));
  }

  @Override
  protected void onLookupComplete(
      ChannelHandlerContext context, @Nullable String serverName, Future<SslContext> found) {
    if (!found.isSuccess()) {
      context
          .writeAndFlush(Unpooled.wrappedBuffer(UNRECOGNIZED_NAME))
          .addListener(ChannelFutureListener.CLOSE);
      return;
    }
    SslHandler tls = found.getNow().newHandler(context.alloc());
    tls.setHandshakeTimeoutMillis(handshakeTimeoutMillis);
    tls.handshakeFuture()
        .addListener((Future<Channel> shaken) -> {
          if (shaken.isSuccess()) {
            tunnel.start();
          } else {
            LOG.atInfo()
                .addKeyValue("host", host)
                .log("the guest ended the TLS handshake; does it trust the certificate?");
            var _ = context.channel().close();
          }
        });
    context
        .pipeline()
        .addLast(Door.DECODER, new StrictRequestDecoder())
        .addLast(Door.ENCODER, new HttpResponseEncoder())
        .addLast(Door.TUNNEL, tunnel.handler());
    context.pipeline().replace(this, Door.TLS, tls);
    context.channel().read();
  }

  /** Mostly bytes that are no TLS. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof DecoderException) {
      refuse(new Refusal(400, Reason.RequestMalformed, "NotTls", host, 443));
    } else if (!(cause instanceof IOException)) {
      LOG.error("a handshake failed", cause);
    }
    var _ = context.close();
  }

  /** Told once: the decoder asks again when the guest's bytes end. */
  private void refuse(Refusal refusal) {
    if (!refused) {
      refused = true;
      door.context().refusals().tell(refusal);
    }
  }
}
