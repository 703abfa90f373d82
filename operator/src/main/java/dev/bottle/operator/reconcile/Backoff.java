package dev.bottle.operator.reconcile;

import io.javaoperatorsdk.operator.processing.retry.Retry;
import io.javaoperatorsdk.operator.processing.retry.RetryExecution;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Tries again for ever: doubling from one second to a minute, each delay shortened by up to a fifth
 * at random so that a thousand Bottles that failed together do not come back together. The SDK's
 * own retry gives up after five attempts and has no jitter.
 */
final class Backoff implements Retry {
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration CAP = Duration.ofMinutes(1);
  private static final double JITTER = 0.2;

  private final RandomGenerator random;

  Backoff(RandomGenerator random) {
    this.random = random;
  }

  @Override
  public RetryExecution initExecution() {
    return new Execution();
  }

  private final class Execution implements RetryExecution {
    private int attempts;

    @Override
    public Optional<Long> nextDelay() {
      long delay = Math.min(FIRST.toMillis() << Math.min(attempts, 10), CAP.toMillis());
      attempts++;
      return Optional.of((long) (delay * (1 - JITTER * random.nextDouble())));
    }

    @Override
    public int getAttemptCount() {
      return attempts;
    }

    @Override
    public boolean isLastAttempt() {
      return false;
    }
  }
}
