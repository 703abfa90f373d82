package dev.bottle.bundle.egress.upstream;

import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.policy.TrustedRoots;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A verified TLS connection to an upstream; nothing is read from it before somebody asks.
 *
 * @param addresses that were dialled, or that pipelock may have dialled
 * @param roots of the policy that verified it; null when pipelock did
 */
public record Upstream(Channel channel, List<InetAddress> addresses, @Nullable TrustedRoots roots) {
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

  /**
   * Whether more than one exchange may use it. Pipelock closes after one without saying so, and
   * what was sent meanwhile is lost (docs/adr/0088).
   */
  public boolean isReusable() {
    return !isThroughPipelock();
  }

  /** Whether this policy would let the connection be made again. */
  public boolean isPermitted(Enforcement enforcement) {
    return addresses.stream().allMatch(address -> enforcement.refusal(address).isEmpty())
        && (roots == null || enforcement.roots().covers(roots));
  }

  /** Whether pipelock is between; what comes is an upstream's or its own then. */
  public boolean isThroughPipelock() {
    return roots == null;
  }
}
