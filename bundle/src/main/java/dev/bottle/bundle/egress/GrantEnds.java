package dev.bottle.bundle.egress;

import dev.bottle.bundle.alarm.Alarm;
import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.policy.PolicyInForce;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Has what lives by a grant closed when the grant ends, though no policy comes and nobody asks: one
 * alarm, for the next end. That nothing new is let through is the grants' own clock's doing.
 */
final class GrantEnds implements AutoCloseable {
  private final PolicyInForce policy;
  private final Alarm alarm;
  private final Consumer<Enforcement> enforce;
  private @Nullable Runnable callOff;
  private boolean closed;

  /**
   * Waits for nothing yet.
   *
   * @param enforce closes what the policy in force does not allow now; must not block
   */
  GrantEnds(PolicyInForce policy, Alarm alarm, Consumer<Enforcement> enforce) {
    this.policy = policy;
    this.alarm = alarm;
    this.enforce = enforce;
  }

  /** Waits for the next end of the policy in force, and for none of a former one. */
  synchronized void await() {
    callOff();
    Enforcement now = policy.get();
    if (now != null && !closed) {
      now.grants()
          .nextEnd()
          .ifPresent(end -> callOff = alarm.at(Instant.ofEpochSecond(end), this::ended));
    }
  }

  private void ended() {
    await();
    Enforcement now = policy.get();
    if (now != null) {
      enforce.accept(now);
    }
  }

  private void callOff() {
    if (callOff != null) {
      callOff.run();
      callOff = null;
    }
  }

  /** Waits for nothing more. */
  @Override
  public synchronized void close() {
    closed = true;
    callOff();
  }
}
