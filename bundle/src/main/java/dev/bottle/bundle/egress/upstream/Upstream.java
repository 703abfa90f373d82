package dev.bottle.bundle.egress.upstream;

import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.policy.TrustedRoots;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;

/**
 * A verified TLS connection to an upstream; nothing is read from it before somebody asks.
 *
 * @param address that was dialled
 * @param roots that verified it
 */
public record Upstream(Channel channel, InetAddress address, TrustedRoots roots) {
  static final String FAILURE = "failure";

  /** Hands the channel over: HTTP and what reads it go behind TLS. */
  public void serve(ChannelHandler... http) {
    channel.pipeline().addLast(http);
    channel.pipeline().remove(FAILURE);
  }

  /** Whether the upstream chose HTTP/2 (RFC 9113, section 3.2); otherwise it is HTTP/1.1. */
  public boolean isHttp2() {
    return ApplicationProtocolNames.HTTP_2.equals(
        channel.pipeline().get(SslHandler.class).applicationProtocol());
  }

  /** At once, without TLS's farewell. */
  public void close() {
    var _ = channel.pipeline().firstContext().close();
  }

  /** Whether this policy would let the connection be made again. */
  public boolean isPermitted(Enforcement enforcement) {
    return enforcement.refusal(address).isEmpty() && enforcement.roots().covers(roots);
  }
}
