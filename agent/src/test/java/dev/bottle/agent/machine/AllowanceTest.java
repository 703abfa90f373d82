package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.testing.SettableClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AllowanceTest {
  private final SettableClock clock = new SettableClock();
  private final Allowance allowance = new Allowance(3, Duration.ofSeconds(10), clock);

  private int taken() {
    int taken = 0;
    while (allowance.take()) {
      taken++;
    }
    return taken;
  }

  @Test
  void itIsFullAtFirstAndThenOneComesInAWhile() {
    assertThat(taken()).isEqualTo(3);
    clock.advance(Duration.ofSeconds(9));
    assertThat(taken()).isZero();
    clock.advance(Duration.ofSeconds(1));
    assertThat(taken()).isOne();
    clock.advance(Duration.ofSeconds(25));
    assertThat(taken()).isEqualTo(2);
    clock.advance(Duration.ofSeconds(5));
    assertThat(taken()).as("the rest of 25 seconds counts").isOne();
  }

  @Test
  void aLongWhileFillsItAndNoMore() {
    clock.advance(Duration.ofDays(1));
    assertThat(taken()).isEqualTo(3);
    assertThat(taken()).isZero();
    clock.advance(Duration.ofDays(10_000));
    assertThat(taken()).isEqualTo(3);
  }

  @Test
  void beingFullIsNoStartForTheNextOne() {
    clock.advance(Duration.ofSeconds(9));
    assertThat(taken()).isEqualTo(3);
    clock.advance(Duration.ofSeconds(9));
    assertThat(taken()).isZero();
  }

  @Test
  void aClockThatIsSetBackStopsNothing() {
    assertThat(taken()).isEqualTo(3);
    clock.advance(Duration.ofDays(-1));
    assertThat(taken()).isZero();
    clock.advance(Duration.ofSeconds(10));
    assertThat(taken()).isOne();
  }
}
