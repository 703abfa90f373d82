package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.upstream.Upstream;
import io.netty.handler.codec.http.HttpRequest;

/**
 * A tunnel's connection to its upstream, which carries one exchange after the other, in whatever
 * version of HTTP the upstream chose. All of it happens on the tunnel's event loop.
 */
sealed interface UpstreamConnection permits Http1Connection, Http2Connection {
  /** What comes back. */
  interface Listener {
    /** One message that was pulled; the receiver releases it. */
    void received(Object message);

    /** Nothing more comes, of the exchange or, between exchanges, of the connection. */
    void ended();

    /** What was written is on its way; there is room again. */
    void writable();
  }

  /** Over this connection, from now on. */
  static UpstreamConnection over(Upstream upstream, Listener listener) {
    return upstream.isHttp2()
        ? new Http2Connection(upstream, listener)
        : new Http1Connection(upstream, listener);
  }

  /** Begins an exchange; its first answer is pulled already. */
  void begin(HttpRequest head);

  /** A part of the request that was begun, or a frame. */
  void write(Object message);

  /** Whether there is room for more of the request. */
  boolean isWritable();

  /** Asks for the next message; see {@link HttpObjectStream#pull}. */
  void pull();

  /** Nothing is pulled for a while: whatever else the upstream sends may stay where it is. */
  void pause();

  /** The exchange is over and the connection is kept. */
  void finish();

  /** Whether another exchange may begin. */
  boolean isReusable();

  /** Whether this policy would let the connection be made again. */
  boolean isPermitted(Enforcement enforcement);

  /** At once, without TLS's farewell; nothing is heard any more. */
  void close();
}
