package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.crd.condition.Reason;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;
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
  private final TunnelPassage passage = new TunnelPassage();
  private final UpstreamSide upstream;
  private final Patience answerPatience;
  private final HeadWatch heads;
  private final LastAnswer lastAnswer;

  private @Nullable Exchange exchange;
  private @Nullable HttpRequest held;
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
    this.upstream = new UpstreamSide(host, guest.eventLoop(), context, new FromUpstream());
    this.answerPatience = new Patience(guest.eventLoop());
    this.heads = new HeadWatch(guest, context.limits().firstHead(), new Late());
    this.lastAnswer = new LastAnswer(guest, context.limits().linger());
  }

  /** The last handler of the guest's pipeline, behind TLS and HTTP. */
  public ChannelHandler handler() {
    return guestStream;
  }

  /** TLS is established: the first request may come. */
  public void start() {
    heads.start();
    guestStream.pull();
  }

  /** On the event loop: closes the tunnel when this policy would not let it be made again. */
  public void enforce(Enforcement enforcement) {
    if (!enforcement.routes().allows(host)
        || !upstream.isPermitted(enforcement)
        || (exchange != null && !exchange.guard().isPermitted())) {
      passage.cut();
    }
  }

  private void end() {
    closed = true;
    answerPatience.disarm();
    heads.stop();
    lastAnswer.stop();
    upstream.drop();
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

  private void fromGuest(Object message) {
    if (message instanceof HttpRequest) {
      heads.arrived();
    }
    if (closed) {
      ReferenceCountUtil.release(message);
    } else if (lastAnswer.isBegun()) {
      if (!lastAnswer.received(message)) {
        guestStream.pull();
      }
    } else if (message instanceof HttpRequest head && exchange == null) {
      begin(head);
    } else if (message instanceof HttpRequest head) {
      held = head;
    } else if (exchange != null) {
      exchange.fromGuest(message);
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  private void begin(HttpRequest head) {
    Optional<Refusal> refusal =
        RequestRules.refusal(head, host)
            .or(() -> WebSockets.refusal(head, host, context.policy().routes()));
    if (refusal.isPresent()) {
      answer(refusal.get(), head.method(), head.decoderResult().isFailure());
      return;
    }
    HttpRequest forwarded = Heads.request(head, host);
    if (WebSockets.isAsked(head)) {
      WebSockets.mark(forwarded.headers());
    }
    ExchangeGuard guard = context.guard().open(host);
    HttpExchange next = new HttpExchange(host, head, guard, passage);
    exchange = next;
    if (!next.refuses(guard.requestHead(forwarded))) {
      upstream.want(!next.webSocketAsked(), new Begin(next, forwarded));
    }
  }

  private void finish(HttpExchange done) {
    over();
    upstream.release(done);
    if (!done.guestStays()) {
      lastAnswer.ends(done.requestDone());
      pullWhileDraining();
      return;
    }
    HttpRequest next = held;
    held = null;
    if (next != null) {
      begin(next);
    }
  }

  /** An answer of our own, which is the last of its connection. */
  private void answer(Refusal refusal, HttpMethod method, boolean nothingFollows) {
    over();
    answerPatience.disarm();
    upstream.drop();
    context.refusals().tell(refusal);
    lastAnswer.refuse(refusal, method, nothingFollows);
    pullWhileDraining();
  }

  private void pullWhileDraining() {
    if (lastAnswer.isDraining()) {
      guestStream.pull();
    }
  }

  /** An exchange that waits for its connection. */
  private final class Begin implements UpstreamSide.Wish {
    private final HttpExchange next;
    private final HttpRequest head;

    Begin(HttpExchange next, HttpRequest head) {
      this.next = next;
      this.head = head;
    }

    @Override
    public boolean isWanted() {
      return !closed && exchange == next;
    }

    @Override
    public void granted(UpstreamConnection connection, boolean reused) {
      next.begin(connection, head, reused);
    }

    @Override
    public void refused(Refusal refusal) {
      next.refuse(refusal);
    }

    @Override
    public void forbidden() {
      passage.cut();
    }
  }

  private final class Late implements HeadWatch.Outcome {
    @Override
    public boolean isBusy() {
      return exchange != null;
    }

    @Override
    public void late() {
      if (!closed && !lastAnswer.isBegun()) {
        answer(RequestRules.late(host, PORT), HttpMethod.GET, true);
      }
    }

    @Override
    public void silent() {
      passage.leave();
    }
  }

  private final class TunnelPassage implements Passage {
    @Override
    public Channel guest() {
      return guest;
    }

    @Override
    public @Nullable UpstreamConnection upstream() {
      return upstream.connection();
    }

    @Override
    public void pullGuest() {
      guestStream.pull();
    }

    @Override
    public boolean carries(Exchange one) {
      return exchange == one;
    }

    @Override
    public boolean guestIsAhead() {
      return held != null;
    }

    @Override
    public void awaitAnswer(HttpExchange waiting) {
      answerPatience.arm(
          context.limits().responseHead(),
          () -> {
            if (exchange == waiting && !waiting.responseStarted()) {
              waiting.refuse(
                  new Refusal(504, Reason.UpstreamFailed, "UpstreamTimeout", host, PORT));
            }
          });
    }

    @Override
    public void answered() {
      answerPatience.disarm();
    }

    @Override
    public void finish(HttpExchange done) {
      Tunnel.this.finish(done);
    }

    @Override
    public void become(WebSocketExchange socket) {
      exchange = socket;
    }

    @Override
    public void answer(HttpExchange refused, Refusal refusal, boolean nothingFollows) {
      Tunnel.this.answer(refusal, refused.method(), nothingFollows);
    }

    @Override
    public void leaveWith(Object last) {
      over();
      upstream.drop();
      lastAnswer.say(last, true);
    }

    @Override
    public void tell(Refusal refusal) {
      context.refusals().tell(refusal);
    }

    @Override
    public void leave() {
      var _ = guest.close();
    }

    @Override
    public void cut() {
      end();
      var _ = guest.pipeline().firstContext().close(); // without TLS's farewell
    }
  }

  private final class GuestStream extends HttpObjectStream {
    @Override
    void receive(Object message) {
      fromGuest(message);
    }

    @Override
    void begun() {
      heads.begun();
    }

    @Override
    void ended() {
      end();
    }

    @Override
    void writable() {
      if (exchange != null) {
        exchange.guestWritable();
      }
    }
  }

  private final class FromUpstream implements UpstreamConnection.Listener {
    @Override
    public void received(Object message) {
      if (exchange == null) {
        ReferenceCountUtil.release(message);
        upstream.drop(); // it speaks unasked
      } else {
        exchange.fromUpstream(message);
      }
    }

    /** An upstream may close an idle connection; in an exchange its end is a failure. */
    @Override
    public void ended() {
      Exchange now = exchange;
      upstream.drop();
      if (now != null) {
        now.upstreamEnded();
      }
    }

    @Override
    public void writable() {
      if (exchange != null) {
        exchange.upstreamWritable();
      }
    }
  }
}
