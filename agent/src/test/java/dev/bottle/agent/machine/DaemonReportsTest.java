package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.control.Outbox;
import dev.bottle.agent.report.AgentStatus;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.agent.seal.Nonces;
import dev.bottle.agent.testing.SettableClock;
import dev.bottle.crd.api.DaemonStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.control.ControlMessage;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.control.Finding;
import dev.bottle.crd.control.GitDenial;
import dev.bottle.crd.control.NonceSeen;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which daemon's word counts for what. */
class DaemonReportsTest {
  private static final BottleRef BOTTLE = new BottleRef("ns", "demo", "uid");
  private static final Duration PAUSE = Duration.ofMillis(1);

  private final SettableClock clock = new SettableClock();
  private final Nonces nonces = new Nonces();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private final StatusBoard board =
      new StatusBoard(BOTTLE, AgentStatus.none(), (bottle, status) -> {});

  @AfterEach
  void close() {
    board.close();
  }

  private DaemonReports of(Daemon daemon) {
    return new DaemonReports(
        daemon,
        "pod-1",
        board,
        nonces,
        new EgressTally(board, clock, PAUSE),
        new GitTally(BOTTLE, board, (_, _, _) -> {}, clock, PAUSE),
        new RequestBook(board, new Outbox(), clock, PAUSE),
        new CanaryTrip(BOTTLE, board, (_, reason, message) -> events.add(message), clock),
        meters,
        () -> {});
  }

  private boolean tripped() {
    return board.current().conditions().isTrue(ConditionType.CanaryTripped);
  }

  @Test
  void onlyEgressConfirmsTheSeal() {
    Nonces.Expectation expected = nonces.expect();
    of(Daemon.GIT_GATE).heard(new NonceSeen("git-gate", expected.nonce()));
    assertThat(expected.confirmed()).isNotDone();
    of(Daemon.EGRESS).heard(new NonceSeen("egress", expected.nonce()));
    assertThat(expected.confirmed()).isCompletedWithValue("pod-1");
  }

  @Test
  void noDaemonSpeaksOfWhatIsAnothers() {
    List<ControlMessage> egress =
        List.of(
            new Denial("git-gate", "a.example.org", 443, "CanaryFound"),
            new Finding("git-gate", "a.example.org", "GitHubToken", Finding.Action.Redact));
    egress.forEach(of(Daemon.GIT_GATE)::heard);
    of(Daemon.EGRESS).heard(new GitDenial("egress", "app", null, "Canary", null, true));
    assertThat(tripped()).isFalse();
    assertThat(meters.getMeters()).isEmpty();
  }

  @Test
  void everyDaemonSpeaksOfItself() {
    of(Daemon.GIT_GATE).heard(new DaemonState("git-gate", true, null, null, null, List.of()));
    of(Daemon.EGRESS).heard(new DaemonState("egress", false, null, null, null, List.of()));
    assertThat(board.current().daemons())
        .extracting(DaemonStatus::name)
        .containsExactlyInAnyOrder("git-gate", "egress");
  }

  @Test
  void aCanaryInAPushTripsAsOneInARequestDoes() {
    of(Daemon.GIT_GATE).heard(new GitDenial("git-gate", "app", null, "Canary", null, true));
    assertThat(tripped()).isTrue();
    assertThat(events)
        .containsExactly("the guest tried to send its canary to git upstream app; refused");
  }
}
