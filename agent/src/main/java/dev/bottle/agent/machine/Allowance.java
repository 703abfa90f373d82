package dev.bottle.agent.machine;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** So many at once, and from then on one in a while. Not thread-safe. */
final class Allowance {
  private final int most;
  private final Duration each;
  private final Clock clock;
  private int left;
  private Instant counted;

  /**
   * Full.
   *
   * @param most that may be taken at once
   * @param each how long it is until there is one more
   * @param clock may be set: back, what is left stays; forward, it is full at most
   */
  Allowance(int most, Duration each, Clock clock) {
    this.most = most;
    this.each = each;
    this.clock = clock;
    this.left = most;
    this.counted = clock.instant();
  }

  /** Takes one; false when none is left. */
  boolean take() {
    Instant now = clock.instant();
    if (left == most || now.isBefore(counted)) {
      counted = now;
    }
    long more = Duration.between(counted, now).dividedBy(each);
    counted = counted.plus(each.multipliedBy(more));
    left = (int) Math.min(most, left + more);
    if (left == 0) {
      return false;
    }
    left--;
    return true;
  }
}
