package dev.bottle.bundle.alarm;

import java.time.Instant;

/** Does things at moments of a clock. */
public interface Alarm {
  /**
   * Runs this once, at that moment or soon after it, at once when it has passed. A clock that is
   * set meanwhile makes it early or late: who cares looks at the clock again.
   *
   * @param task must not block
   * @return calls it off
   */
  Runnable at(Instant moment, Runnable task);
}
