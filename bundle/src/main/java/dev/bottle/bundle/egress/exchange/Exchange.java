package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.guard.ExchangeGuard;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;

/** One request and its response, as far as they got. */
final class Exchange {
  private final HttpMethod method;
  private final ExchangeGuard guard;
  private final boolean guestKeepsAlive;
  private final boolean webSocketAsked;

  /** Whether the upstream's connection served an exchange before this one. */
  boolean reused;

  boolean requestDone;
  boolean requestPaused;
  boolean responseStarted;
  boolean responsePaused;

  /** An informational response's end comes next. */
  boolean informational;

  boolean upstreamKeepsAlive;

  /** The upstream opened a WebSocket: both sides speak frames. */
  boolean webSocket;

  Exchange(HttpRequest head, ExchangeGuard guard) {
    this.method = head.method();
    this.guard = guard;
    this.guestKeepsAlive = HttpUtil.isKeepAlive(head);
    this.webSocketAsked = WebSockets.isAsked(head);
  }

  HttpMethod method() {
    return method;
  }

  ExchangeGuard guard() {
    return guard;
  }

  boolean webSocketAsked() {
    return webSocketAsked;
  }

  boolean guestKeepsAlive() {
    return guestKeepsAlive;
  }
}
