package dev.bottle.bundle.egress.exchange;

import io.netty.channel.Channel;
import java.time.Duration;

/**
 * How long the head of a request may take. One that drips is told from a guest who asks nothing,
 * which is no fault.
 */
final class HeadWatch {
  private final Channel guest;
  private final Duration limit;
  private final Outcome outcome;
  private final Patience patience;

  /** What is done about it. */
  interface Outcome {
    /** Whether a head that comes now waits for its turn, which is not the guest's fault. */
    boolean isBusy();

    /** A head has begun and does not end. */
    void late();

    /** Not even the first head has begun. */
    void silent();
  }

  HeadWatch(Channel guest, Duration limit, Outcome outcome) {
    this.guest = guest;
    this.limit = limit;
    this.outcome = outcome;
    this.patience = new Patience(guest.eventLoop());
  }

  /** The first head may come. */
  void start() {
    patience.arm(
        limit,
        () -> {
          if (isUnderWay()) {
            outcome.late();
          } else {
            outcome.silent();
          }
        });
  }

  /** A head has begun, and its end is not there yet. */
  void begun() {
    if (!patience.isArmed()) {
      patience.arm(limit, this::judge);
    }
  }

  private void judge() {
    if (isUnderWay()) {
      if (outcome.isBusy()) {
        patience.arm(limit, this::judge);
      } else {
        outcome.late();
      }
    }
  }

  /** A head is there; the one after it may have begun. */
  void arrived() {
    patience.disarm();
    if (isUnderWay()) {
      begun();
    }
  }

  void stop() {
    patience.disarm();
  }

  private boolean isUnderWay() {
    StrictRequestDecoder decoder = guest.pipeline().get(StrictRequestDecoder.class);
    return decoder != null && decoder.isHeadUnderWay();
  }
}
