package dev.bottle.bundle.address;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.NoopAuthoritativeDnsServerCache;
import io.netty.resolver.dns.NoopDnsCache;
import io.netty.resolver.dns.NoopDnsCnameCache;
import io.netty.resolver.dns.UnixResolverDnsServerAddressStreamProvider;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The name servers of /etc/resolv.conf, without its search domains: an allowed name is absolute and
 * never becomes a name of the cluster. Nothing is remembered: a wildcard in the policy would let
 * the guest fill the memory, and the cluster's name server is near and remembers itself.
 */
public final class DnsResolver implements Resolver {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int MAX_QUERIES = 8;

  private final DnsNameResolver resolver;

  /** Asks from this event loop. */
  public DnsResolver(EventLoop loop, Path resolvConf) throws IOException {
    resolver =
        new DnsNameResolverBuilder(loop)
            .datagramChannelType(NioDatagramChannel.class)
            .socketChannelType(NioSocketChannel.class)
            .nameServerProvider(new UnixResolverDnsServerAddressStreamProvider(resolvConf.toFile()))
            .searchDomains(List.of())
            .ndots(1)
            .resolveCache(NoopDnsCache.INSTANCE)
            .cnameCache(NoopDnsCnameCache.INSTANCE)
            .authoritativeDnsServerCache(NoopAuthoritativeDnsServerCache.INSTANCE)
            .queryTimeoutMillis(PATIENCE.toMillis())
            .maxQueriesPerResolve(MAX_QUERIES)
            .build();
  }

  @Override
  public Future<List<InetAddress>> resolve(String host) {
    return resolver.resolveAll(host);
  }

  @Override
  public void close() {
    resolver.close();
  }
}
