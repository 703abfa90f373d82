package dev.bottle.bundle.authority;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.SSLException;

/**
 * Server TLS for the hosts that the guest asks for: one key, one leaf certificate a host, the least
 * recently used forgotten. Thread-safe.
 */
public final class LeafMinter {
  /** A guest whose clock is a day ahead takes a leaf that is about to be renewed. */
  private static final Duration LIFE = Duration.ofDays(2);

  private static final Duration RENEWED_AFTER = Duration.ofHours(12);
  private static final int SESSIONS = 16;
  private static final ApplicationProtocolConfig HTTP_1_1 =
      new ApplicationProtocolConfig(
          Protocol.ALPN,
          SelectorFailureBehavior.NO_ADVERTISE,
          SelectedListenerFailureBehavior.ACCEPT,
          ApplicationProtocolNames.HTTP_1_1);

  private record Leaf(SslContext context, Instant renewal) {}

  private final Authority authority;
  private final Clock clock;
  private final Certificates certificates = new Certificates();
  private final KeyPair pair = certificates.keyPair();
  private final Map<String, Leaf> leaves;

  /**
   * Signs with this authority.
   *
   * @param capacity how many leaves are remembered
   */
  public LeafMinter(Authority authority, Clock clock, int capacity) {
    this.authority = authority;
    this.clock = clock;
    this.leaves = new LeastRecentlyUsed<>(capacity);
  }

  /**
   * Server TLS whose certificate is for exactly this host and valid for a day and a half at least.
   */
  public synchronized SslContext contextFor(String host) {
    Instant now = clock.instant();
    Leaf leaf = leaves.get(host);
    if (leaf == null || !now.isBefore(leaf.renewal())) {
      leaf = new Leaf(mint(host, now), now.plus(RENEWED_AFTER));
      leaves.put(host, leaf);
    }
    return leaf.context();
  }

  private SslContext mint(String host, Instant now) {
    try {
      return SslContextBuilder.forServer(
              pair.getPrivate(),
              certificates.issueLeaf(authority, pair.getPublic(), host, now, LIFE),
              authority.certificate())
          .sslProvider(SslProvider.JDK)
          .protocols("TLSv1.3", "TLSv1.2")
          .applicationProtocolConfig(HTTP_1_1)
          .sessionCacheSize(SESSIONS)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("the JDK does TLS with EC P-256", e);
    }
  }

  private static final class LeastRecentlyUsed<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1L;
    private final int capacity;

    LeastRecentlyUsed(int capacity) {
      super(16, 0.75f, true);
      this.capacity = capacity;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
      return size() > capacity;
    }
  }
}
