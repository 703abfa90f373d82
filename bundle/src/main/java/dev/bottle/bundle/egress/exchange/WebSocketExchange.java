package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.refusal.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;

/** A WebSocket (RFC 6455): the last exchange of its tunnel, frame by frame. */
final class WebSocketExchange extends Exchange {
  WebSocketExchange(ExchangeGuard guard, Passage passage) {
    super(guard, passage);
  }

  /** Both sides speak frames from now on. */
  void open(Http1Connection upstream) {
    upstream.openWebSocket();
    WebSockets.openGuest(passage().guest());
    upstream.pull();
    passage().pullGuest();
  }

  @Override
  void fromGuest(Object message) {
    if (!(message instanceof WebSocketFrame frame)) {
      ReferenceCountUtil.release(message);
      passage().cut();
      return;
    }
    ByteBuf passed =
        passed(
            guard().guestFrame(WebSockets.opcode(frame), frame.content(), frame.isFinalFragment()));
    UpstreamConnection to = passage().upstream();
    if (passed == null || to == null) {
      ReferenceCountUtil.release(passed);
      return;
    }
    to.write(frame.replace(passed));
    if (passage().carries(this)) {
      pullGuest(to);
    }
  }

  @Override
  void fromUpstream(Object message) {
    if (!(message instanceof WebSocketFrame frame)) {
      ReferenceCountUtil.release(message); // the end of the 101
      pullUpstream();
      return;
    }
    ByteBuf passed =
        passed(
            guard()
                .upstreamFrame(WebSockets.opcode(frame), frame.content(), frame.isFinalFragment()));
    if (passed == null) {
      return;
    }
    var _ = passage().guest().writeAndFlush(frame.replace(passed));
    if (passage().carries(this)) {
      pullUpstream();
    }
  }

  @Override
  void upstreamEnded() {
    passage().leave();
  }

  /** RFC 6455, section 7.4.1: 1008, and the rule as the text that clients show. */
  @Override
  void refuse(Refusal refusal) {
    passage().tell(refusal);
    passage()
        .leaveWith(new CloseWebSocketFrame(WebSocketCloseStatus.POLICY_VIOLATION, refusal.rule()));
  }
}
