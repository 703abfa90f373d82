package dev.bottle.bundle.gitgate.upstream;

import java.net.InetAddress;

/** Where upstreams are. */
@FunctionalInterface
public interface Destinations {
  /**
   * The address to dial for this host.
   *
   * @throws UpstreamException when it has none that may be dialled
   */
  InetAddress find(String host, int port) throws UpstreamException, InterruptedException;
}
