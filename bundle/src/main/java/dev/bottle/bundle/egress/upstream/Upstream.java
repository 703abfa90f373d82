package dev.bottle.bundle.egress.upstream;

import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.policy.TrustedRoots;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
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
  public void serve(ChannelHandler codec, ChannelHandler reader) {
    channel.pipeline().addLast(codec, reader);
    channel.pipeline().remove(FAILURE);
  }

  /** Whether this policy would let the connection be made again. */
  public boolean isPermitted(Enforcement enforcement) {
    return enforcement.refusal(address).isEmpty() && enforcement.roots().covers(roots);
  }
}
