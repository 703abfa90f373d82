package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.agent.report.AgentStatus;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.agent.testing.SettableClock;
import dev.bottle.crd.api.DeniedGitRequest;
import dev.bottle.crd.api.GitStatus;
import dev.bottle.crd.control.GitDenial;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GitTallyTest {
  private static final BottleRef BOTTLE = new BottleRef("ns", "demo", "uid");

  private final List<AgentStatus> writes = new CopyOnWriteArrayList<>();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private final SettableClock clock = new SettableClock();
  private final StatusBoard board =
      new StatusBoard(BOTTLE, AgentStatus.none(), (bottle, status) -> writes.add(status));

  @AfterEach
  void close() {
    board.close();
  }

  private GitTally tally(Duration pause) {
    return new GitTally(
        BOTTLE,
        board,
        (bottle, reason, message) -> events.add(reason + " " + message),
        clock,
        pause);
  }

  private static GitDenial secret(String file) {
    return new GitDenial("git-gate", "app", "refs/heads/bottle/x", "AwsAccessToken", file, true);
  }

  private GitStatus told() {
    return Objects.requireNonNull(board.current().git());
  }

  @Test
  void aRefusalIsInTheStatusAtOnceAndInAnEventWithItsRuleAndFile() {
    tally(Duration.ofHours(1)).heard(secret("config/prod.env"));

    await().until(() -> board.current().git() != null);
    assertThat(told().denied()).isEqualTo(1);
    assertThat(told().lastDenied())
        .singleElement()
        .satisfies(denied -> {
          assertThat(denied.upstream()).isEqualTo("app");
          assertThat(denied.ref()).isEqualTo("refs/heads/bottle/x");
          assertThat(denied.rule()).isEqualTo("AwsAccessToken");
          assertThat(denied.file()).isEqualTo("config/prod.env");
        });
    assertThat(events)
        .containsExactly(
            "SecretInPush git-gate found a secret in a push to app and refused it: AwsAccessToken"
                + " in config/prod.env.");
  }

  @Test
  void aFloodIsOneWriteInAWhileAndAFewOfTheLast() {
    GitTally tally = tally(Duration.ofMillis(200));
    for (int i = 0; i < 1000; i++) {
      tally.heard(secret("file-" + i));
    }
    await().untilAsserted(() -> assertThat(told().denied()).isEqualTo(1000));
    assertThat(told().lastDenied())
        .extracting(DeniedGitRequest::file)
        .containsExactly("file-999", "file-998", "file-997", "file-996", "file-995");
    assertThat(writes.size()).isLessThan(10);
  }

  @Test
  void whatAnEarlierAgentCountedGoesOn() {
    board.update(former ->
        former.withGit(
            new GitStatus(
                7,
                List.of(
                    new DeniedGitRequest(
                        "old", null, "ReadOnly", null, null, "2026-01-01T00:00:00Z")))));
    tally(Duration.ofHours(1)).heard(new GitDenial("git-gate", "app", null, "Busy", null, false));
    await().untilAsserted(() -> assertThat(told().denied()).isEqualTo(8));
    assertThat(told().lastDenied())
        .extracting(DeniedGitRequest::rule)
        .containsExactly("Busy", "ReadOnly");
    assertThat(events).isEmpty();
  }

  @Test
  void whatAGuestCanHaveRefusedWithoutEndHidesNoSecret() {
    GitTally tally = tally(Duration.ofMillis(50));
    tally.heard(secret("prod.env"));
    for (int i = 0; i < 100; i++) {
      tally.heard(new GitDenial("git-gate", "none-" + i, null, "UnknownUpstream", null, false));
      tally.heard(
          new GitDenial("git-gate", "app", "refs/heads/" + i, "RefNotAllowed", null, false));
    }
    await().untilAsserted(() -> assertThat(told().denied()).isEqualTo(201));
    assertThat(told().lastDenied())
        .extracting(DeniedGitRequest::rule)
        .containsExactly(
            "AwsAccessToken",
            "RefNotAllowed",
            "UnknownUpstream",
            "RefNotAllowed",
            "RefNotAllowed",
            "RefNotAllowed");
    assertThat(told().lastDenied().getFirst().secret()).isTrue();
    assertThat(events).hasSize(1);
  }

  @Test
  void whenClosedItTellsNothingMore() throws InterruptedException {
    GitTally tally = tally(Duration.ofHours(1));
    tally.heard(secret("first"));
    await().untilAsserted(() -> assertThat(told().denied()).isEqualTo(1));
    tally.heard(secret("second"));
    tally.close();
    GitTally next = tally(Duration.ofMillis(1));
    next.heard(secret("third"));
    await().untilAsserted(() -> assertThat(told().denied()).isEqualTo(2));
    assertThat(told().lastDenied()).extracting(DeniedGitRequest::file).doesNotContain("second");
  }
}
