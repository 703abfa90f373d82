package dev.bottle.bundle.egress.upstream;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import java.net.InetSocketAddress;

/** Opens the connection to an address that was checked. */
@FunctionalInterface
public interface Dialer {
  /** In production: to exactly this address. */
  Dialer DIRECT = Bootstrap::connect;

  /** Connects; the address is resolved. */
  ChannelFuture dial(Bootstrap bootstrap, InetSocketAddress address);
}
