package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.refusal.Answers;
import dev.bottle.bundle.egress.refusal.Refusal;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;

/**
 * The last answer of a connection. A guest that is still sending would get a reset and lose it, so
 * the guest may go on for a while, and what it sends is thrown away.
 */
final class LastAnswer {
  private final Channel guest;
  private final Patience patience;
  private final Duration linger;
  private boolean begun;
  private boolean draining;

  LastAnswer(Channel guest, Duration linger) {
    this.guest = guest;
    this.patience = new Patience(guest.eventLoop());
    this.linger = linger;
  }

  boolean isBegun() {
    return begun;
  }

  /** Whether what the guest sends is to be read and thrown away. */
  boolean isDraining() {
    return draining;
  }

  /** This refusal, without its body where the method wants none. */
  void refuse(Refusal refusal, HttpMethod method, boolean nothingFollows) {
    FullHttpResponse response = Answers.of(refusal);
    boolean head = method.equals(HttpMethod.HEAD);
    say(head ? response.replace(Unpooled.EMPTY_BUFFER) : response, nothingFollows);
  }

  /** What is written already. */
  void ends(boolean nothingFollows) {
    say(Unpooled.EMPTY_BUFFER, nothingFollows);
  }

  /** Closes after this, at once when nothing follows that could be read. */
  void say(Object answer, boolean nothingFollows) {
    begun = true;
    var written = guest.writeAndFlush(answer);
    if (nothingFollows) {
      written.addListener(ChannelFutureListener.CLOSE);
    } else {
      draining = true;
      patience.arm(linger, this::leave);
    }
  }

  /** A message that comes too late; whether it was the last and the guest's side is closed. */
  boolean received(Object message) {
    boolean last = message instanceof LastHttpContent;
    ReferenceCountUtil.release(message);
    if (last) {
      leave();
    }
    return last;
  }

  /** The connection is closed. */
  void stop() {
    patience.disarm();
  }

  private void leave() {
    var _ = guest.close();
  }
}
