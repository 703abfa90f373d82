package dev.bottle.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.javaoperatorsdk.operator.processing.retry.RetryExecution;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class BackoffTest {
  @Property(tries = 100)
  void delaysDoubleToAMinuteLessAFifthAndNeverEnd(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 200) int attempts) {
    RetryExecution execution = new Backoff(new Random(seed)).initExecution();

    for (int attempt = 0; attempt < attempts; attempt++) {
      long full = attempt < 6 ? 1_000L << attempt : 60_000;
      assertThat(execution.nextDelay())
          .hasValueSatisfying(delay -> assertThat(delay).isBetween(full * 8 / 10, full));
      assertThat(execution.isLastAttempt()).isFalse();
      assertThat(execution.getAttemptCount()).isEqualTo(attempt + 1);
    }
  }

  @Property(tries = 20)
  void bottlesThatFailedTogetherDoNotComeBackTogether(@ForAll long seed) {
    Backoff backoff = new Backoff(new Random(seed));
    List<Long> first = new ArrayList<>();
    for (int bottle = 0; bottle < 50; bottle++) {
      first.add(backoff.initExecution().nextDelay().orElseThrow());
    }

    assertThat(first.stream().distinct().count()).isGreaterThan(25);
  }

  @Property(tries = 1)
  void aNewFailureBeginsAnew() {
    Backoff backoff = new Backoff(new Random(1));
    RetryExecution former = backoff.initExecution();
    for (int attempt = 0; attempt < 10; attempt++) {
      former.nextDelay();
    }

    assertThat(backoff.initExecution().nextDelay().orElseThrow()).isLessThanOrEqualTo(1_000);
  }
}
