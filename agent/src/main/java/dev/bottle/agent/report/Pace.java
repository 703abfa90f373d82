package dev.bottle.agent.report;

import java.time.Duration;

/**
 * How long to wait after a write: not at all for the few writes of a start, a second each for a
 * status that keeps changing. What a status says comes in part from daemons, and none of them may
 * flood the API server.
 */
final class Pace {
  private static final int BURST = 20;
  private static final long REFILL_NANOS = Duration.ofSeconds(1).toNanos();

  private long credit = BURST * REFILL_NANOS;
  private long last = System.nanoTime();

  Duration next() {
    long now = System.nanoTime();
    credit = Math.min(BURST * REFILL_NANOS, credit + now - last) - REFILL_NANOS;
    last = now;
    return credit >= 0 ? Duration.ZERO : Duration.ofNanos(-credit);
  }
}
