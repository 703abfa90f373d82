package dev.bottle.bundle.address;

import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.util.List;

/** Addresses of host names. */
public interface Resolver extends AutoCloseable {
  /** All addresses of this host, in the order in which to try them; never blocks. */
  Future<List<InetAddress>> resolve(String host);

  @Override
  void close();
}
