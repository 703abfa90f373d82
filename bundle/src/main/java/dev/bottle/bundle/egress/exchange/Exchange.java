package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.guard.BodyVerdict;
import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.guard.Verdict;
import dev.bottle.bundle.egress.refusal.Refusal;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** What a tunnel carries at a time, message by message, and the guard that sees each. */
abstract sealed class Exchange permits HttpExchange, WebSocketExchange {
  private final ExchangeGuard guard;
  private final Passage passage;

  /** A message of the guest was not asked for yet, because the upstream has no room. */
  private boolean requestPaused;

  /** A message of the upstream was not asked for yet, because the guest has no room. */
  private boolean responsePaused;

  Exchange(ExchangeGuard guard, Passage passage) {
    this.guard = guard;
    this.passage = passage;
  }

  final ExchangeGuard guard() {
    return guard;
  }

  final Passage passage() {
    return passage;
  }

  /** A message of the guest; releases it. */
  abstract void fromGuest(Object message);

  /** A message of the upstream; releases it. */
  abstract void fromUpstream(Object message);

  /** The upstream says nothing more, and its connection is given up already. */
  abstract void upstreamEnded();

  /** Ends it by this. */
  abstract void refuse(Refusal refusal);

  /** Asks the guest for more, now or when the upstream has room. */
  final void pullGuest(UpstreamConnection to) {
    if (to.isWritable()) {
      passage.pullGuest();
    } else {
      requestPaused = true;
    }
  }

  final void upstreamWritable() {
    if (requestPaused) {
      requestPaused = false;
      passage.pullGuest();
    }
  }

  /** Asks the upstream for more, now or when the guest has room. */
  final void pullUpstream() {
    UpstreamConnection from = passage.upstream();
    if (from == null) {
      return;
    }
    if (passage.guest().isWritable()) {
      from.pull();
    } else {
      responsePaused = true;
      from.pause();
    }
  }

  final void guestWritable() {
    if (responsePaused) {
      responsePaused = false;
      pullUpstream();
    }
  }

  /** Whether the guard ends it here. */
  final boolean refuses(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Pass _ -> false;
      case Verdict.Refuse refused -> {
        refuse(refused.refusal());
        yield true;
      }
    };
  }

  /** What goes on; null when nothing does any more. */
  final @Nullable ByteBuf passed(BodyVerdict verdict) {
    return switch (verdict) {
      case BodyVerdict.Forward forward -> forward.bytes();
      case BodyVerdict.Refuse refused -> {
        refuse(refused.refusal());
        yield null;
      }
    };
  }
}
