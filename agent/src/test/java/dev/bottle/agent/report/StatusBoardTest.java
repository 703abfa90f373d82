package dev.bottle.agent.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.crd.api.DaemonStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StatusBoardTest {
  private static final BottleRef BOTTLE = new BottleRef("ns", "demo", "uid");

  private final List<AgentStatus> writes = new CopyOnWriteArrayList<>();
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicInteger attempts = new AtomicInteger();
  private volatile boolean gone;
  private final StatusBoard board =
      new StatusBoard(
          BOTTLE,
          AgentStatus.none(),
          (bottle, status) -> {
            attempts.incrementAndGet();
            if (gone) {
              throw new BottleGoneException(bottle);
            }
            if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
              throw new IllegalStateException("500");
            }
            writes.add(status);
          });

  @AfterEach
  void close() {
    board.close();
  }

  private static AgentStatus says(int number) {
    return AgentStatus.none()
        .withDaemons(
            List.of(new DaemonStatus("egress", false, "pod", null, null, "m" + number, null)));
  }

  @Test
  void whatIsEqualIsNotWritten() {
    board.update(former -> former);
    board.update(former -> AgentStatus.none());
    await().during(Duration.ofMillis(300)).until(() -> attempts.get() == 0);
    board.update(former -> says(1));
    await().until(() -> writes.size() == 1);
    board.update(former -> says(1));
    await().during(Duration.ofMillis(300)).until(() -> attempts.get() == 1);
  }

  @Test
  void changesThatComeTogetherAreWrittenTogetherAndTheLastOneCounts() {
    for (int i = 0; i < 1000; i++) {
      int number = i;
      board.update(former -> says(number));
    }
    await().until(() -> !writes.isEmpty() && writes.getLast().equals(says(999)));
    assertThat(writes).hasSizeLessThan(20);
    assertThat(board.current()).isEqualTo(says(999));
  }

  @Test
  void aFailedWriteIsTriedAgainWithTheLatest() {
    failures.set(1);
    board.update(former -> says(1));
    await().until(() -> attempts.get() == 1);
    board.update(former -> says(2));
    await().until(() -> writes.size() == 1);
    assertThat(writes.getFirst()).isEqualTo(says(2));
  }

  @Test
  void aBottleThatIsGoneIsNotWrittenToForEver() {
    gone = true;
    board.update(former -> says(1));
    await().until(() -> attempts.get() == 1);
    await().during(Duration.ofMillis(1500)).until(() -> attempts.get() == 1);
  }

  @Test
  void aStatusThatNeverRestsIsWrittenAtABoundedPace() {
    AtomicInteger number = new AtomicInteger();
    await()
        .pollInterval(Duration.ofMillis(5))
        .during(Duration.ofSeconds(3))
        .atMost(Duration.ofSeconds(10))
        .until(() -> {
          board.update(former -> says(number.incrementAndGet()));
          return writes.size() < 40;
        });
  }

  @Test
  void nothingIsWrittenAfterClose() {
    board.close();
    board.update(former -> says(1));
    await().during(Duration.ofMillis(300)).until(() -> attempts.get() == 0);
  }
}
