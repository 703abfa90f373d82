package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.guard.BodyVerdict;
import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.guard.Verdict;
import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.refusal.Answers;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.bundle.egress.route.RouteDecision;
import dev.bottle.bundle.egress.upstream.Upstream;
import dev.bottle.bundle.egress.upstream.UpstreamException;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.policy.RoutePolicy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The exchanges between one guest connection and one host, one after the other. All of it runs on
 * the event loop that both sides share, so nothing here is locked.
 *
 * <p>On each side one message is asked for at a time, and the next only when the other side has
 * room: memory is bounded by what two sockets and two TLS engines hold. While a response is on its
 * way the guest's next message is asked for too, so that its end is noticed and the upstream not
 * kept working for nobody; a pipelined head that comes instead is held until its turn.
 *
 * <p>The end of a guest's connection, also of only its sending half, ends the exchange, as it does
 * in nginx: nobody who speaks HTTP over TLS closes half a connection and waits.
 */
public final class Tunnel {
  private static final int PORT = 443;

  private final String host;
  private final Channel guest;
  private final TunnelContext context;
  private final GuestStream guestStream = new GuestStream();

  private @Nullable Upstream upstream;
  private @Nullable UpstreamStream upstreamStream;
  private @Nullable Exchange exchange;
  private @Nullable HttpRequest held;
  private @Nullable Future<?> timer;

  /** The last answer is written; what the guest still sends is read and thrown away. */
  private boolean draining;

  private boolean closed;

  /**
   * A tunnel that is allowed.
   *
   * @param host in lower case
   */
  public Tunnel(String host, Channel guest, TunnelContext context) {
    this.host = host;
    this.guest = guest;
    this.context = context;
  }

  /** The last handler of the guest's pipeline, behind TLS and HTTP. */
  public ChannelHandler handler() {
    return guestStream;
  }

  /** TLS is established: the first request may come. */
  public void start() {
    arm(context.limits().firstHead().toMillis(), this::leave);
    guestStream.pull();
  }

  /** On the event loop: closes the tunnel when this policy would not let it be made again. */
  public void enforce(Enforcement enforcement) {
    if (!enforcement.routes().allows(host)
        || (upstream != null && !upstream.isPermitted(enforcement))
        || (exchange != null && !exchange.guard().isPermitted())) {
      cut();
    }
  }

  /** Closes both sides at once, without TLS's farewell. */
  private void cut() {
    end();
    var _ = guest.pipeline().firstContext().close();
  }

  /** Closes the guest's side once what is written is on its way; the rest follows from that. */
  private void leave() {
    var _ = guest.close();
  }

  private void end() {
    closed = true;
    disarm();
    dropUpstream();
    guestStream.discard();
    ReferenceCountUtil.release(held);
    held = null;
    over();
  }

  private void over() {
    Exchange former = exchange;
    exchange = null;
    if (former != null) {
      former.guard().close();
    }
  }

  private void dropUpstream() {
    Upstream former = upstream;
    UpstreamStream stream = upstreamStream;
    upstream = null;
    upstreamStream = null;
    if (former != null && stream != null) {
      stream.discard();
      var _ = former.channel().pipeline().firstContext().close();
    }
  }

  private void arm(long millis, Runnable then) {
    disarm();
    timer = guest.eventLoop().schedule(then, millis, TimeUnit.MILLISECONDS);
  }

  private void disarm() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  // The guest's side.

  private void fromGuest(Object object) {
    Exchange now = exchange;
    if (closed) {
      ReferenceCountUtil.release(object);
    } else if (draining) {
      boolean last = object instanceof LastHttpContent;
      ReferenceCountUtil.release(object);
      if (last) {
        leave();
      } else {
        guestStream.pull();
      }
    } else if (now != null && now.webSocket) {
      if (object instanceof WebSocketFrame frame) {
        guestFrame(now, frame);
      } else {
        ReferenceCountUtil.release(object);
        cut();
      }
    } else if (object instanceof HttpRequest head) {
      if (now == null) {
        begin(head);
      } else {
        held = head;
      }
    } else if (object instanceof HttpContent content) {
      requestBody(content);
    } else {
      ReferenceCountUtil.release(object);
    }
  }

  private void begin(HttpRequest head) {
    disarm();
    Optional<Refusal> refusal = RequestRules.refusal(head, host).or(() -> webSocketRefusal(head));
    if (refusal.isPresent()) {
      answer(refusal.get(), head.method(), head.decoderResult().isFailure());
      return;
    }
    HttpRequest forwarded = Heads.request(head, host);
    if (WebSockets.isAsked(head)) {
      WebSockets.mark(forwarded.headers());
    }
    ExchangeGuard guard = context.guard().open(host);
    Exchange next = new Exchange(head, guard);
    exchange = next;
    if (refuses(next, guard.requestHead(forwarded))) {
      return;
    }
    if (upstream != null) {
      next.reused = true;
      send(forwarded);
      return;
    }
    context
        .connector()
        .connect(host, guest.eventLoop())
        .addListener((Future<Upstream> connected) -> connected(connected, next, forwarded));
  }

  private Optional<Refusal> webSocketRefusal(HttpRequest head) {
    if (!WebSockets.isAsked(head)) {
      return Optional.empty();
    }
    RouteDecision decision =
        context.policy().routes().decide(host, head.method().name(), head.uri());
    if (!(decision instanceof RouteDecision.Matched(RoutePolicy route) && route.webSocket())) {
      return Optional.of(
          new Refusal(403, Reason.RequestNotAllowed, "WebSocketNotAllowed", host, PORT));
    }
    return WebSockets.isWellFormed(head)
        ? Optional.empty()
        : Optional.of(new Refusal(400, Reason.RequestMalformed, "WebSocketMalformed", host, PORT));
  }

  private void connected(Future<Upstream> connected, Exchange next, HttpRequest head) {
    Upstream made = connected.isSuccess() ? connected.getNow() : null;
    if (closed || exchange != next) {
      if (made != null) {
        var _ = made.channel().close();
      }
      return;
    }
    if (made == null) {
      answer(refusal(connected.cause()), next.method(), false);
      return;
    }
    Enforcement enforcement = context.policy().get();
    if (enforcement == null
        || !enforcement.routes().allows(host)
        || !made.isPermitted(enforcement)) {
      var _ = made.channel().close(); // the policy changed while it was dialled
      cut();
      return;
    }
    upstream = made;
    UpstreamStream stream = new UpstreamStream();
    upstreamStream = stream;
    made.serve(new HttpClientCodec(StrictRequestDecoder.config(), false, false), stream);
    stream.pull();
    send(head);
  }

  private Refusal refusal(Throwable failure) {
    return failure instanceof UpstreamException known
        ? known.refusal()
        : failed(502, "UpstreamUnreachable");
  }

  private Refusal failed(int status, String rule) {
    return new Refusal(status, Reason.UpstreamFailed, rule, host, PORT);
  }

  private void send(HttpRequest head) {
    if (upstream != null) {
      var _ = upstream.channel().writeAndFlush(head);
      guestStream.pull();
    }
  }

  private void requestBody(HttpContent content) {
    Exchange now = exchange;
    Upstream to = upstream;
    if (now == null || to == null || now.requestDone) {
      content.release();
      return;
    }
    if (content.decoderResult().isFailure()) {
      content.release();
      Refusal malformed = new Refusal(400, Reason.RequestMalformed, "BodyMalformed", host, PORT);
      answerOrCut(now, malformed, true);
      return;
    }
    boolean last = content instanceof LastHttpContent;
    now.requestDone = last; // also when it is refused: nothing follows that were worth waiting for
    ByteBuf passed = passed(now, now.guard().requestBody(content.content(), last));
    if (passed == null) {
      return;
    }
    forward(to.channel(), passed, last);
    if (exchange != now) {
      return; // the write failed at once
    }
    if (last) {
      if (!now.responseStarted) {
        arm(context.limits().responseHead().toMillis(), () -> timedOut(now));
      }
      guestStream.pull();
    } else if (to.channel().isWritable()) {
      guestStream.pull();
    } else {
      now.requestPaused = true;
    }
  }

  private void timedOut(Exchange late) {
    if (exchange == late && !late.responseStarted) {
      answer(failed(504, "UpstreamTimeout"), late.method(), false);
    }
  }

  // The upstream's side.

  private void fromUpstream(Object object) {
    Exchange now = exchange;
    if (now == null) {
      ReferenceCountUtil.release(object);
      dropUpstream(); // it speaks unasked
    } else if (now.webSocket) {
      if (object instanceof WebSocketFrame frame) {
        upstreamFrame(now, frame);
      } else {
        ReferenceCountUtil.release(object); // the end of the 101
        pullUpstream();
      }
    } else if (object instanceof HttpResponse head) {
      responseHead(now, head);
    } else if (object instanceof HttpContent content) {
      responseBody(now, content);
    } else {
      ReferenceCountUtil.release(object);
    }
  }

  private void responseHead(Exchange now, HttpResponse head) {
    if (now.webSocketAsked() && WebSockets.isAccepted(head)) {
      openWebSocket(now, head);
      return;
    }
    if (!understood(head)) {
      answerOrCut(now, failed(502, "UpstreamMalformed"), false);
      return;
    }
    if (head.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
      now.informational = true;
      HttpResponse informational = Heads.informational(head);
      if (refuses(now, now.guard().informationalHead(informational))) {
        return;
      }
      var _ = guest.writeAndFlush(informational);
      pullUpstream();
      return;
    }
    disarm();
    HttpResponse forwarded = Heads.response(head, now.method(), !now.guestKeepsAlive());
    if (refuses(now, now.guard().responseHead(forwarded))) {
      return;
    }
    now.responseStarted = true;
    now.upstreamKeepsAlive =
        HttpUtil.isKeepAlive(head) && upstream != null && upstream.isReusable();
    var _ = guest.writeAndFlush(forwarded);
    pullUpstream();
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

  private void responseBody(Exchange now, HttpContent content) {
    if (now.informational) {
      content.release();
      now.informational = !(content instanceof LastHttpContent);
      pullUpstream();
      return;
    }
    boolean last = content instanceof LastHttpContent;
    if (content.decoderResult().isFailure()) {
      content.release();
      cut();
      return;
    }
    ByteBuf passed = passed(now, now.guard().responseBody(content.content(), last));
    if (passed == null) {
      return;
    }
    forward(guest, passed, last);
    if (exchange != now) {
      return; // the write failed at once
    }
    if (last) {
      finish(now);
    } else if (guest.isWritable()) {
      pullUpstream();
    } else {
      now.responsePaused = true;
    }
  }

  // A WebSocket: the last exchange of its tunnel, frame by frame.

  private void openWebSocket(Exchange now, HttpResponse head) {
    Upstream to = upstream;
    if (to == null || held != null || !now.requestDone) {
      cut(); // the guest did not wait for the answer
      return;
    }
    disarm();
    HttpResponse forwarded = Heads.informational(head);
    WebSockets.mark(forwarded.headers());
    if (refuses(now, now.guard().responseHead(forwarded))) {
      return;
    }
    now.responseStarted = true;
    now.webSocket = true;
    var _ = guest.writeAndFlush(forwarded);
    if (exchange != now) {
      return; // the write failed at once
    }
    WebSockets.openUpstream(to.channel());
    WebSockets.openGuest(guest);
    pullUpstream();
    guestStream.pull();
  }

  private void guestFrame(Exchange now, WebSocketFrame frame) {
    ByteBuf passed = passed(now, now.guard().guestFrame(frame.content(), frame.isFinalFragment()));
    Upstream to = upstream;
    if (passed == null || to == null) {
      ReferenceCountUtil.release(passed);
      return;
    }
    var _ = to.channel().writeAndFlush(frame.replace(passed));
    if (exchange != now) {
      return;
    }
    if (to.channel().isWritable()) {
      guestStream.pull();
    } else {
      now.requestPaused = true;
    }
  }

  private void upstreamFrame(Exchange now, WebSocketFrame frame) {
    ByteBuf passed =
        passed(now, now.guard().upstreamFrame(frame.content(), frame.isFinalFragment()));
    if (passed == null) {
      return;
    }
    var _ = guest.writeAndFlush(frame.replace(passed));
    if (exchange != now) {
      return;
    }
    if (guest.isWritable()) {
      pullUpstream();
    } else {
      now.responsePaused = true;
    }
  }

  /** RFC 6455, section 7.4.1: 1008, and the rule as the text that clients show. */
  private void refuseFrame(Refusal refusal) {
    over();
    dropUpstream();
    draining = true;
    context.refusals().tell(refusal);
    guest
        .writeAndFlush(
            new CloseWebSocketFrame(WebSocketCloseStatus.POLICY_VIOLATION, refusal.rule()))
        .addListener(ChannelFutureListener.CLOSE);
  }

  private void pullUpstream() {
    if (upstreamStream != null) {
      upstreamStream.pull();
    }
  }

  private void finish(Exchange now) {
    over();
    if (!now.upstreamKeepsAlive || !now.requestDone) {
      dropUpstream();
    }
    if (!now.guestKeepsAlive() || !now.requestDone) {
      lastAnswer(Unpooled.EMPTY_BUFFER, now.requestDone);
      return;
    }
    pullUpstream(); // only to notice its end
    HttpRequest next = held;
    held = null;
    if (next != null) {
      begin(next);
    }
  }

  /** An upstream may close an idle connection; in an exchange its end is a failure. */
  private void upstreamEnded() {
    Exchange now = exchange;
    dropUpstream();
    if (now == null) {
      return;
    }
    if (now.webSocket) {
      leave();
    } else if (now.responseStarted || now.reused) {
      // The guest sees what it would without a proxy, and sends again where that is safe.
      cut();
    } else {
      answer(failed(502, "UpstreamClosed"), now.method(), false);
    }
  }

  // Answers of our own; each is the last of its connection.

  private boolean refuses(Exchange now, Verdict verdict) {
    return switch (verdict) {
      case Verdict.Pass _ -> false;
      case Verdict.Refuse refuse -> {
        answerOrCut(now, refuse.refusal(), false);
        yield true;
      }
    };
  }

  /** What goes on; null when nothing does any more. */
  private @Nullable ByteBuf passed(Exchange now, BodyVerdict verdict) {
    return switch (verdict) {
      case BodyVerdict.Forward forward -> forward.bytes();
      case BodyVerdict.Refuse refuse -> {
        answerOrCut(now, refuse.refusal(), false);
        yield null;
      }
    };
  }

  private void answerOrCut(Exchange now, Refusal refusal, boolean undecodable) {
    if (now.webSocket) {
      refuseFrame(refusal);
    } else if (now.responseStarted) {
      context.refusals().tell(refusal);
      cut();
    } else {
      answer(refusal, now.method(), undecodable);
    }
  }

  private void answer(Refusal refusal, HttpMethod method, boolean undecodable) {
    boolean nothingFollows = undecodable || (exchange != null && exchange.requestDone);
    over();
    disarm();
    dropUpstream();
    context.refusals().tell(refusal);
    FullHttpResponse response = Answers.of(refusal);
    boolean head = method.equals(HttpMethod.HEAD);
    lastAnswer(head ? response.replace(Unpooled.EMPTY_BUFFER) : response, nothingFollows);
  }

  /**
   * Closes after this. A guest that is still sending would get a reset and lose the answer, so it
   * may go on for a while.
   */
  private void lastAnswer(Object answer, boolean nothingFollows) {
    draining = true;
    var written = guest.writeAndFlush(answer);
    if (nothingFollows) {
      written.addListener(ChannelFutureListener.CLOSE);
    } else {
      arm(context.limits().linger().toMillis(), this::leave);
      guestStream.pull();
    }
  }

  /** Trailers end here. */
  private static void forward(Channel to, ByteBuf bytes, boolean last) {
    if (last) {
      var _ = to.writeAndFlush(new DefaultLastHttpContent(bytes));
    } else if (bytes.isReadable()) {
      var _ = to.writeAndFlush(new DefaultHttpContent(bytes));
    } else {
      bytes.release(); // an empty chunk would be the last one
    }
  }

  private final class GuestStream extends HttpObjectStream {
    @Override
    void receive(Object object) {
      fromGuest(object);
    }

    @Override
    void ended() {
      end();
    }

    @Override
    void writable() {
      if (exchange != null && exchange.responsePaused) {
        exchange.responsePaused = false;
        pullUpstream();
      }
    }
  }

  private final class UpstreamStream extends HttpObjectStream {
    @Override
    void receive(Object object) {
      if (this == upstreamStream) {
        fromUpstream(object);
      } else {
        ReferenceCountUtil.release(object);
      }
    }

    @Override
    void ended() {
      if (this == upstreamStream) {
        upstreamEnded();
      }
    }

    @Override
    void writable() {
      if (exchange != null && exchange.requestPaused) {
        exchange.requestPaused = false;
        guestStream.pull();
      }
    }
  }
}
