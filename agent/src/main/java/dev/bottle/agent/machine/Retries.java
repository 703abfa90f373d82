package dev.bottle.agent.machine;

import dev.bottle.crd.condition.Reason;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Remembers what failed. Retries have no end: the pause doubles up to a minute, with jitter, so
 * that machines of one node do not retry in step.
 */
final class Retries {
  private static final Duration FIRST = Duration.ofMillis(500);
  private static final Duration LAST = Duration.ofSeconds(60);
  private static final int MAX_DOUBLINGS = 7;

  private final Clock clock;
  private final RandomGenerator random;
  private final Map<Class<? extends Decision>, Failure> failures = new HashMap<>();

  Retries(Clock clock, RandomGenerator random) {
    this.clock = clock;
    this.random = random;
  }

  /** Notes a failure and says when to try again. */
  Failure failed(Decision decision, Reason reason, String message) {
    Failure former = failures.get(decision.getClass());
    int attempts = former == null ? 1 : former.attempts() + 1;
    Duration pause = FIRST.multipliedBy(1L << Math.min(attempts - 1, MAX_DOUBLINGS));
    Duration capped = pause.compareTo(LAST) > 0 ? LAST : pause;
    Duration jittered = capped.multipliedBy(80 + random.nextInt(41)).dividedBy(100);
    Failure failure = new Failure(reason, message, attempts, clock.instant().plus(jittered));
    failures.put(decision.getClass(), failure);
    return failure;
  }

  void succeeded(Decision decision) {
    failures.remove(decision.getClass());
  }

  /** Somebody changed something: everything may be tried at once. */
  void forget() {
    failures.clear();
  }

  Optional<Failure> of(Class<? extends Decision> kind) {
    return Optional.ofNullable(failures.get(kind));
  }

  /** How long this may not be tried again; empty when it may. */
  Optional<Duration> pause(Class<? extends Decision> kind) {
    return of(kind)
        .map(failure -> Duration.between(clock.instant(), failure.notBefore()))
        .filter(Duration::isPositive);
  }
}
