package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.crd.condition.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import java.util.Optional;

/** One request and its response. Trailers end here, on both ways. */
final class HttpExchange extends Exchange {
  private static final int PORT = 443;

  private final String host;
  private final HttpMethod method;
  private final boolean guestKeepsAlive;
  private final boolean webSocketAsked;

  /** Whether the upstream's connection served an exchange before this one. */
  private boolean reused;

  private boolean requestDone;
  private boolean responseStarted;

  /** An informational response's end comes next. */
  private boolean informational;

  private boolean upstreamKeepsAlive;

  HttpExchange(String host, HttpRequest head, ExchangeGuard guard, Passage passage) {
    super(guard, passage);
    this.host = host;
    this.method = head.method();
    this.guestKeepsAlive = HttpUtil.isKeepAlive(head);
    this.webSocketAsked = WebSockets.isAsked(head);
  }

  HttpMethod method() {
    return method;
  }

  boolean webSocketAsked() {
    return webSocketAsked;
  }

  boolean requestDone() {
    return requestDone;
  }

  boolean responseStarted() {
    return responseStarted;
  }

  /** Whether the guest's connection can carry another exchange after this one. */
  boolean guestStays() {
    return guestKeepsAlive && requestDone;
  }

  /** Whether the upstream's can. */
  boolean upstreamStays() {
    return upstreamKeepsAlive && requestDone;
  }

  /** Sends the head on. */
  void begin(UpstreamConnection to, HttpRequest head, boolean again) {
    reused = again;
    to.begin(head);
    if (passage().carries(this)) {
      passage().pullGuest();
    }
  }

  @Override
  void fromGuest(Object message) {
    UpstreamConnection to = passage().upstream();
    if (to == null || requestDone || !(message instanceof HttpContent content)) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (content.decoderResult().isFailure()) {
      content.release();
      requestDone = true; // nothing more of it can be read
      refuse(new Refusal(400, Reason.RequestMalformed, "BodyMalformed", host, PORT));
      return;
    }
    boolean last = content instanceof LastHttpContent;
    requestDone = last; // also when it is refused: nothing follows that were worth waiting for
    ByteBuf passed = passed(guard().requestBody(content.content(), last));
    if (passed == null) {
      return;
    }
    part(passed, last).ifPresent(to::write);
    if (!passage().carries(this)) {
      return; // the write failed at once
    }
    if (!last) {
      pullGuest(to);
      return;
    }
    if (!responseStarted) {
      passage().awaitAnswer(this);
    }
    passage().pullGuest(); // only to notice its end
  }

  @Override
  void fromUpstream(Object message) {
    switch (message) {
      case HttpResponse head -> responseHead(head);
      case HttpContent content -> responseBody(content);
      default -> ReferenceCountUtil.release(message);
    }
  }

  private void responseHead(HttpResponse head) {
    if (webSocketAsked && WebSockets.isAccepted(head)) {
      openWebSocket(head);
      return;
    }
    if (!understood(head)) {
      refuse(new Refusal(502, Reason.UpstreamFailed, "UpstreamMalformed", host, PORT));
      return;
    }
    if (head.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
      informational = true;
      HttpResponse forwarded = Heads.informational(head);
      if (!refuses(guard().informationalHead(forwarded))) {
        toGuest(forwarded);
      }
      return;
    }
    passage().answered();
    HttpResponse forwarded = Heads.response(head, method, !guestKeepsAlive);
    if (refuses(guard().responseHead(forwarded))) {
      return;
    }
    responseStarted = true;
    upstreamKeepsAlive = HttpUtil.isKeepAlive(head);
    toGuest(forwarded);
  }

  private void toGuest(HttpObject head) {
    writeToGuest(head);
    if (passage().carries(this)) {
      pullAlways();
    }
  }

  private void writeToGuest(HttpObject message) {
    var _ = passage().guest().writeAndFlush(message);
  }

  /** A head is small: what follows it is asked for, whether there is room or not. */
  private void pullAlways() {
    UpstreamConnection from = passage().upstream();
    if (from != null) {
      from.pull();
    }
  }

  /** A 101 nobody asked for, and codings that would be passed on without their name, are not. */
  private static boolean understood(HttpResponse head) {
    List<String> codings = head.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
    return head.decoderResult().isSuccess()
        && !head.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)
        && (codings.isEmpty()
            || (codings.size() == 1
                && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.getFirst())));
  }

  private void responseBody(HttpContent content) {
    if (informational) {
      content.release();
      informational = !(content instanceof LastHttpContent);
      pullAlways();
      return;
    }
    boolean last = content instanceof LastHttpContent;
    if (content.decoderResult().isFailure()) {
      content.release();
      passage().cut();
      return;
    }
    ByteBuf passed = passed(guard().responseBody(content.content(), last));
    if (passed == null) {
      return;
    }
    part(passed, last).ifPresent(this::writeToGuest);
    if (!passage().carries(this)) {
      return; // the write failed at once
    }
    if (last) {
      passage().finish(this);
    } else {
      pullUpstream();
    }
  }

  private static Optional<HttpContent> part(ByteBuf bytes, boolean last) {
    if (last) {
      return Optional.of(new DefaultLastHttpContent(bytes));
    }
    if (bytes.isReadable()) {
      return Optional.of(new DefaultHttpContent(bytes));
    }
    bytes.release(); // an empty chunk would be the last one
    return Optional.empty();
  }

  private void openWebSocket(HttpResponse head) {
    if (!requestDone
        || passage().guestIsAhead()
        || !(passage().upstream() instanceof Http1Connection to)) {
      passage().cut(); // the guest did not wait for the answer
      return;
    }
    passage().answered();
    HttpResponse forwarded = Heads.informational(head);
    WebSockets.mark(forwarded.headers());
    if (refuses(guard().responseHead(forwarded))) {
      return;
    }
    WebSocketExchange socket = new WebSocketExchange(guard(), passage());
    passage().become(socket);
    var _ = passage().guest().writeAndFlush(forwarded);
    if (passage().carries(socket)) {
      socket.open(to);
    }
  }

  @Override
  void upstreamEnded() {
    if (responseStarted || reused) {
      // The guest sees what it would without a proxy, and sends again where that is safe.
      passage().cut();
    } else {
      refuse(new Refusal(502, Reason.UpstreamFailed, "UpstreamClosed", host, PORT));
    }
  }

  @Override
  void refuse(Refusal refusal) {
    if (responseStarted) {
      passage().tell(refusal);
      passage().cut();
    } else {
      passage().answer(this, refusal, requestDone);
    }
  }
}
