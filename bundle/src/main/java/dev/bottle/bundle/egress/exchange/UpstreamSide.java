package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.bundle.egress.upstream.Upstream;
import dev.bottle.bundle.egress.upstream.UpstreamException;
import dev.bottle.crd.condition.Reason;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** A tunnel's side towards its host: no connection, or one, dialled when an exchange needs it. */
final class UpstreamSide {
  private static final int PORT = 443;

  private final String host;
  private final EventLoop loop;
  private final TunnelContext context;
  private final UpstreamConnection.Listener listener;
  private @Nullable UpstreamConnection connection;

  /** Who needs a connection. */
  interface Wish {
    /** Whether the connection is still needed when it is there. */
    boolean isWanted();

    /**
     * Here it is.
     *
     * @param reused whether it served an exchange before
     */
    void granted(UpstreamConnection connection, boolean reused);

    /** There is none. */
    void refused(Refusal refusal);

    /** The policy changed while it was dialled. */
    void forbidden();
  }

  UpstreamSide(
      String host, EventLoop loop, TunnelContext context, UpstreamConnection.Listener listener) {
    this.host = host;
    this.loop = loop;
    this.context = context;
    this.listener = listener;
  }

  /** Null when there is none. */
  @Nullable UpstreamConnection connection() {
    return connection;
  }

  /** Whether this policy would let it be made again. */
  boolean isPermitted(Enforcement enforcement) {
    return connection == null || connection.isPermitted(enforcement);
  }

  /**
   * The connection there is, or a new one.
   *
   * @param http2 whether it may speak HTTP/2; otherwise one that does is given up
   */
  void want(boolean http2, Wish wish) {
    if (!http2 && connection instanceof Http2Connection) {
      drop();
    }
    if (connection != null) {
      wish.granted(connection, true);
      return;
    }
    context
        .connector()
        .connect(host, loop, http2)
        .addListener((Future<Upstream> connected) -> connected(connected, wish));
  }

  private void connected(Future<Upstream> connected, Wish wish) {
    Upstream made = connected.isSuccess() ? connected.getNow() : null;
    if (!wish.isWanted()) {
      if (made != null) {
        made.close();
      }
      return;
    }
    if (made == null) {
      wish.refused(refusal(connected.cause()));
      return;
    }
    Enforcement enforcement = context.policy().get();
    if (enforcement == null
        || !enforcement.routes().allows(host)
        || !made.isPermitted(enforcement)) {
      made.close();
      wish.forbidden();
      return;
    }
    UpstreamConnection fresh = UpstreamConnection.over(made, listener);
    connection = fresh;
    wish.granted(fresh, false);
  }

  private Refusal refusal(Throwable failure) {
    return failure instanceof UpstreamException known
        ? known.refusal()
        : new Refusal(502, Reason.UpstreamFailed, "UpstreamUnreachable", host, PORT);
  }

  /** The exchange is over; keeps the connection when it can carry another one. */
  void release(HttpExchange done) {
    if (connection != null && done.upstreamStays() && connection.isReusable()) {
      connection.finish();
    } else {
      drop();
    }
  }

  void drop() {
    UpstreamConnection former = connection;
    connection = null;
    if (former != null) {
      former.close();
    }
  }
}
