package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.control.Outbox;
import dev.bottle.agent.report.AgentStatus;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.agent.seal.GuestProbe;
import dev.bottle.agent.seal.Nonces;
import dev.bottle.agent.testing.SettableClock;
import dev.bottle.crd.api.DaemonStatus;
import dev.bottle.crd.api.DeniedHost;
import dev.bottle.crd.api.EgressStatus;
import dev.bottle.crd.api.InspectionFinding;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.control.Finding;
import io.fabric8.kubernetes.api.model.Condition;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** From a daemon's words about refusals, findings and empty slots to the status. */
class EgressTallyTest {
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofHours(1);

  private static final BottleRef BOTTLE = new BottleRef("ns", "demo", "uid");

  private final List<AgentStatus> writes = new CopyOnWriteArrayList<>();
  private final SettableClock clock = new SettableClock();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final StatusBoard board =
      new StatusBoard(
          new BottleRef("ns", "demo", "uid"),
          AgentStatus.none(),
          (bottle, status) -> writes.add(status));

  private final List<String> events = new CopyOnWriteArrayList<>();
  private final CanaryTrip canary =
      new CanaryTrip(
          BOTTLE,
          board,
          (bottle, reason, message) -> events.add(bottle + " " + reason + " " + message),
          clock);

  @AfterEach
  void close() {
    board.close();
  }

  private DaemonReports reports(EgressTally tally) {
    return new DaemonReports(
        Daemon.EGRESS,
        "pod-1",
        board,
        new Nonces(),
        tally,
        new GitTally(BOTTLE, board, (_, _, _) -> {}, clock, LONG),
        new RequestBook(board, new Outbox(), clock, LONG),
        canary,
        meters,
        () -> {});
  }

  private EgressTally tally(Duration pause) {
    return new EgressTally(board, clock, pause);
  }

  private static Denial denial(String host) {
    return new Denial("egress", host, 443, "HostNotAllowed");
  }

  @Test
  void theCanaryIsSaidAtOnceAndOnceAndForGood() {
    DaemonReports reports = reports(tally(LONG));
    reports.heard(denial("one.example.org"));
    reports.heard(new Denial("egress", "thief.example.org", 443, "CanaryFound"));
    reports.heard(new Denial("egress", "other.example.org", 443, "CanaryFound"));

    Condition tripped =
        board.current().conditions().find(ConditionType.CanaryTripped).orElseThrow();
    assertThat(tripped.getStatus()).isEqualTo("True");
    assertThat(tripped.getReason()).isEqualTo("CanaryTripped");
    assertThat(tripped.getMessage()).contains("thief.example.org:443");
    assertThat(events).singleElement().asString().startsWith("ns/demo CanaryTripped ");
  }

  private @Nullable EgressStatus told() {
    return board.current().egress();
  }

  private long denied() {
    EgressStatus egress = told();
    return egress == null ? 0 : egress.denied();
  }

  private long redacted() {
    EgressStatus egress = told();
    return egress == null || egress.redacted() == null ? 0 : egress.redacted();
  }

  private List<String> hosts() {
    return Objects.requireNonNull(told()).lastDenied().stream().map(DeniedHost::host).toList();
  }

  @Test
  void theFirstIsToldAtOnceAndLaterOnesWaitForEachOther() {
    DaemonReports reports = reports(tally(LONG));
    reports.heard(denial("evil.test"));
    await().until(() -> denied() == 1);
    assertThat(Objects.requireNonNull(told()).lastDenied())
        .containsExactly(
            new DeniedHost("evil.test", 443, "HostNotAllowed", clock.instant().toString()));
    await().until(() -> writes.size() == 1);

    for (int i = 0; i < 1000; i++) {
      reports.heard(denial("evil" + i + ".test"));
    }
    await().during(Duration.ofMillis(300)).until(() -> denied() == 1 && writes.size() == 1);
  }

  @Test
  void everyOneIsCountedOnceAndOnlyTheLastFewHostsAreNamed() {
    DaemonReports reports = reports(tally(SHORT));
    for (int i = 0; i < 1000; i++) {
      reports.heard(denial("evil" + i + ".test"));
    }
    reports.heard(denial("evil997.test"));

    await().until(() -> denied() == 1001);
    assertThat(hosts())
        .containsExactly(
            "evil997.test", "evil999.test", "evil998.test", "evil996.test", "evil995.test");
    assertThat(writes).hasSizeLessThan(100);
  }

  @Test
  void theCountGoesOnWhereAnEarlierPodOrAgentEnded() {
    board.update(former ->
        former.withEgress(
            new EgressStatus(
                7,
                List.of(
                    new DeniedHost("old.test", 443, "HostNotAllowed", "2026-01-01T00:00:00Z"),
                    new DeniedHost("new.test", 443, "HostNotAllowed", "2026-01-01T00:00:00Z")),
                null,
                null,
                null)));
    reports(tally(LONG)).heard(denial("new.test"));

    await().until(() -> denied() == 8);
    assertThat(hosts()).containsExactly("new.test", "old.test");
  }

  @Test
  void nothingIsToldAfterTheEnd() {
    EgressTally tally = tally(SHORT);
    tally.close();
    reports(tally).heard(denial("evil.test"));

    await().during(Duration.ofMillis(300)).until(() -> told() == null && writes.isEmpty());
  }

  @Test
  void theSealsOwnQuestionIsNoDenial() {
    DaemonReports reports = reports(tally(SHORT));
    reports.heard(denial(GuestProbe.NOT_ALLOWED));
    reports.heard(denial("evil.test"));

    await().until(() -> denied() == 1);
    assertThat(hosts()).containsExactly("evil.test");
    assertThat(meters.find("bottle_denials").counters())
        .singleElement()
        .extracting(Counter::count)
        .isEqualTo(1.0);
  }

  @Test
  void aRuleThatIsNoneOfOursNamesNoMetricAndNoStatus() {
    reports(tally(SHORT)).heard(new Denial("egress", "evil.test", 0, "Whatever"));

    await().until(() -> denied() == 1);
    assertThat(Objects.requireNonNull(told()).lastDenied())
        .extracting(DeniedHost::rule)
        .containsExactly("Unknown");
    assertThat(meters.find("bottle_denials").tag("rule", "Whatever").counter()).isNull();
  }

  private static Finding finding(String host, Finding.Action action) {
    return new Finding("egress", host, "GitHubToken", action);
  }

  @Test
  void whatPassedOrWasMaskedIsCountedAndNamedWithoutADenial() {
    DaemonReports reports = reports(tally(SHORT));
    for (int i = 0; i < 7; i++) {
      reports.heard(finding("a" + i + ".test", Finding.Action.Observe));
    }
    reports.heard(finding("a6.test", Finding.Action.Redact));
    reports.heard(finding("a5.test", Finding.Action.Observe));

    await().until(() -> redacted() == 1 && hosts().isEmpty());
    await().until(() -> Objects.equals(Objects.requireNonNull(told()).observed(), 8L));
    EgressStatus egress = Objects.requireNonNull(told());
    assertThat(egress.denied()).isZero();
    assertThat(egress.lastDenied()).isEmpty();
    assertThat(egress.lastFindings())
        .extracting(found -> found.host() + " " + found.rule() + " " + found.action())
        .containsExactly(
            "a5.test GitHubToken Observe",
            "a6.test GitHubToken Redact",
            "a6.test GitHubToken Observe",
            "a4.test GitHubToken Observe",
            "a3.test GitHubToken Observe");
    assertThat(meters.get("bottle_findings").tag("action", "Observe").counter().count())
        .isEqualTo(8.0);
    assertThat(meters.get("bottle_findings").tag("action", "Redact").counter().count())
        .isEqualTo(1.0);
  }

  @Test
  void findingsAndRefusalsShareTheWrites() {
    DaemonReports reports = reports(tally(LONG));
    reports.heard(denial("evil.test"));
    await().until(() -> denied() == 1 && writes.size() == 1);

    reports.heard(finding("a.test", Finding.Action.Redact));
    await().during(Duration.ofMillis(300)).until(() -> writes.size() == 1);
  }

  @Test
  void findingsGoOnWhereAnEarlierPodOrAgentEnded() {
    InspectionFinding old =
        new InspectionFinding(
            "old.test", "R", InspectionFinding.Action.Redact, "2026-01-01T00:00:00Z");
    board.update(
        former -> former.withEgress(new EgressStatus(7, List.of(), null, 3L, List.of(old))));
    reports(tally(LONG)).heard(finding("new.test", Finding.Action.Redact));

    await().until(() -> redacted() == 4);
    EgressStatus egress = Objects.requireNonNull(told());
    assertThat(egress.denied()).isEqualTo(7);
    assertThat(egress.observed()).isNull();
    assertThat(egress.lastFindings())
        .extracting(InspectionFinding::host)
        .containsExactly("new.test", "old.test");
  }

  @Test
  void emptySlotsAreToldAndTakenBack() {
    DaemonReports reports = reports(tally(SHORT));
    String hash = "a".repeat(64);
    reports.heard(new DaemonState("egress", true, hash, null, null, List.of("EGRESS_TOKEN_0")));
    assertThat(board.current().daemons())
        .containsExactly(
            new DaemonStatus("egress", true, "pod-1", hash, null, null, List.of("EGRESS_TOKEN_0")));

    reports.heard(new DaemonState("egress", true, hash, null, null, List.of()));
    assertThat(board.current().daemons())
        .as("as it reads back from the API server, where nothing is absent")
        .containsExactly(new DaemonStatus("egress", true, "pod-1", hash, null, null, null));
  }
}
