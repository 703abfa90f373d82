package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.control.Outbox;
import dev.bottle.agent.report.AgentStatus;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.agent.seal.Nonces;
import dev.bottle.agent.testing.SettableClock;
import dev.bottle.crd.api.AgentRequest;
import dev.bottle.crd.api.EgressRequest;
import dev.bottle.crd.api.GitRequest;
import dev.bottle.crd.api.HumanQuestion;
import dev.bottle.crd.control.OpenRequests;
import dev.bottle.crd.control.RequestOpen;
import dev.bottle.crd.request.Ask;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** From supervise's words about requests to the status. */
class RequestBookTest {
  private static final BottleRef BOTTLE = new BottleRef("ns", "demo", "uid");
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofHours(1);
  private static final long NOON = 1_796_040_000;

  private final SettableClock clock = new SettableClock();
  private final List<AgentStatus> writes = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : opened) {
      one.close();
    }
  }

  private StatusBoard board(AgentStatus known) {
    StatusBoard board = new StatusBoard(BOTTLE, known, (bottle, status) -> writes.add(status));
    opened.add(board);
    return board;
  }

  private DaemonReports reports(Daemon daemon, StatusBoard board, Duration pause) {
    return new DaemonReports(
        daemon,
        "pod-1",
        board,
        new Nonces(),
        new EgressTally(board, clock, LONG),
        new GitTally(BOTTLE, board, (_, _, _) -> {}, clock, LONG),
        new RequestBook(board, new Outbox(), clock, pause),
        new CanaryTrip(BOTTLE, board, (_, _, _) -> {}, clock),
        new SimpleMeterRegistry(),
        () -> {});
  }

  private static String id(int number) {
    return "r%016d".formatted(number);
  }

  private static RequestOpen asks(int number, Ask ask) {
    return new RequestOpen("supervise", id(number), ask, "because", NOON, NOON + 86_400);
  }

  private static Ask host(String host) {
    return new Ask.Egress(host, List.of("POST", "GET"), "/v1", 3600);
  }

  private static OpenRequests open(int... numbers) {
    return new OpenRequests(
        "supervise", IntStream.of(numbers).mapToObj(RequestBookTest::id).toList());
  }

  private List<AgentRequest> written() {
    List<AgentRequest> requests = writes.isEmpty() ? null : writes.getLast().requests();
    return requests == null ? List.of() : requests;
  }

  @Test
  void whatIsOpenIsInTheStatusAtOnceAsTheHashIsAbout() {
    DaemonReports reports = reports(Daemon.SUPERVISE, board(AgentStatus.none()), LONG);
    Ask.Git git = new Ask.Git("https://h.example.org/a.git", List.of("refs/heads/x"));
    Ask.Question question = new Ask.Question("Which?", List.of());
    reports.heard(asks(1, host("a.example.org")));
    reports.heard(asks(2, git));
    reports.heard(asks(3, question));
    reports.heard(asks(4, host("withdrawn.example.org")));
    reports.heard(open(1, 2, 3));

    await().until(() -> written().size() == 3);
    assertThat(written())
        .containsExactly(
            new AgentRequest(
                id(1),
                host("a.example.org").hash(),
                new EgressRequest("a.example.org", List.of("GET", "POST"), "/v1", 3600),
                null,
                null,
                "because",
                "2026-11-30T12:00:00Z",
                "2026-12-01T12:00:00Z"),
            new AgentRequest(
                id(2),
                git.hash(),
                null,
                new GitRequest("https://h.example.org/a.git", List.of("refs/heads/x")),
                null,
                "because",
                "2026-11-30T12:00:00Z",
                "2026-12-01T12:00:00Z"),
            new AgentRequest(
                id(3),
                question.hash(),
                null,
                null,
                new HumanQuestion("Which?", null),
                "because",
                "2026-11-30T12:00:00Z",
                "2026-12-01T12:00:00Z"));
  }

  @Test
  void changesAfterTheFirstAreWrittenTogetherAndTheLastOneCounts() {
    DaemonReports reports = reports(Daemon.SUPERVISE, board(AgentStatus.none()), SHORT);
    for (int i = 0; i < 500; i++) {
      reports.heard(asks(i, host("h" + i + ".example.org")));
      reports.heard(open(i));
    }
    await().until(() -> written().size() == 1 && written().getFirst().id().equals(id(499)));
    assertThat(writes.size()).isLessThan(20);
    reports.heard(open());
    await().until(() -> written().isEmpty());
  }

  @Test
  void whatTheStatusSaysAlreadyIsNotWritten() {
    DaemonReports first = reports(Daemon.SUPERVISE, board(AgentStatus.none()), LONG);
    first.heard(asks(1, host("a.example.org")));
    first.heard(open(1));
    await().until(() -> written().size() == 1);
    AgentStatus known = writes.getLast();
    writes.clear();

    // Another agent, to which supervise says the same.
    DaemonReports next = reports(Daemon.SUPERVISE, board(known), LONG);
    next.heard(asks(1, host("a.example.org")));
    next.heard(open(1));
    await().during(Duration.ofMillis(200)).until(writes::isEmpty);

    next.heard(asks(2, host("b.example.org")));
    next.heard(open(1, 2));
    await().until(() -> written().size() == 2);
  }

  @Test
  void aDaemonThatMakesUpRequestsFillsNeitherMemoryNorStatus() {
    DaemonReports reports = reports(Daemon.SUPERVISE, board(AgentStatus.none()), SHORT);
    reports.heard(asks(0, host("kept.example.org")));
    reports.heard(open(0));
    for (int i = 1; i < 10_000; i++) {
      reports.heard(asks(i, host("h" + i + ".example.org")));
    }
    reports.heard(open(0, 1, 9_999));
    await().until(() -> written().size() == 2);
    assertThat(written()).extracting(AgentRequest::id).containsExactly(id(0), id(9_999));

    reports.heard(
        new RequestOpen("supervise", id(3), host("a.example.org"), "r", NOON, Long.MAX_VALUE));
    reports.heard(new RequestOpen("supervise", id(4), host("a.example.org"), "r", NOON, NOON));
    reports.heard(new RequestOpen("supervise", id(5), host("a.example.org"), "r", -1, NOON));
    reports.heard(open(3, 4, 5));
    await().until(() -> written().isEmpty());
  }

  @Test
  void anotherDaemonsRequestsAreNoRequests() {
    StatusBoard board = board(AgentStatus.none());
    DaemonReports egress = reports(Daemon.EGRESS, board, SHORT);
    egress.heard(asks(1, host("a.example.org")));
    egress.heard(open(1));
    await().during(Duration.ofMillis(200)).until(writes::isEmpty);
  }

  private static void ask(DaemonReports reports, int... numbers) {
    for (int number : numbers) {
      reports.heard(asks(number, host("h" + number + ".example.org")));
    }
    reports.heard(open(numbers));
  }

  private static int[] numbers(int from, int to) {
    return IntStream.range(from, to).toArray();
  }

  private List<String> ids() {
    return written().stream().map(AgentRequest::id).toList();
  }

  private static List<String> ids(int... numbers) {
    return open(numbers).ids();
  }

  @Test
  void twentyNewOnesComeInAtOnceThenSixAMinuteAndThoseThatAreInStay() {
    DaemonReports reports = reports(Daemon.SUPERVISE, board(AgentStatus.none()), SHORT);
    ask(reports, numbers(0, 20));
    await().until(() -> ids().equals(ids(numbers(0, 20))));

    // Ten of them, and ten that are new.
    ask(reports, numbers(10, 30));
    await().until(() -> ids().equals(ids(numbers(10, 20))));
    int before = writes.size();
    await().during(Duration.ofMillis(300)).until(() -> writes.size() == before);

    // Nothing more is said: what was kept back comes by itself.
    clock.advance(Duration.ofSeconds(20));
    await().until(() -> ids().equals(ids(numbers(10, 22))));
    clock.advance(Duration.ofMinutes(1));
    await().until(() -> ids().equals(ids(numbers(10, 28))));

    // One that was in and went is new again.
    ask(reports, numbers(11, 28));
    await().until(() -> ids().equals(ids(numbers(11, 28))));
    ask(reports, numbers(10, 28));
    await().during(Duration.ofMillis(300)).until(() -> ids().equals(ids(numbers(11, 28))));
  }

  @Test
  void anAgentThatStartsKnowsWhatIsInTheStatusAndMayLearnTwenty() {
    DaemonReports first = reports(Daemon.SUPERVISE, board(AgentStatus.none()), SHORT);
    ask(first, numbers(0, 20));
    await().until(() -> written().size() == 20);

    DaemonReports next = reports(Daemon.SUPERVISE, board(writes.getLast()), SHORT);
    ask(next, numbers(0, 20));
    ask(next, numbers(20, 40));
    await().until(() -> ids().equals(ids(numbers(20, 40))));
  }

  private List<String> hostsEverWritten() {
    return writes.stream()
        .flatMap(status -> Optional.ofNullable(status.requests()).stream())
        .flatMap(List::stream)
        .flatMap(request -> Optional.ofNullable(request.egress()).stream())
        .map(EgressRequest::host)
        .distinct()
        .toList();
  }

  @Test
  void aRequestWhoseWordsChangeIsClosedForGood() {
    DaemonReports reports = reports(Daemon.SUPERVISE, board(AgentStatus.none()), SHORT);
    ask(reports, 1, 2);
    await().until(() -> ids().equals(ids(1, 2)));
    reports.heard(asks(1, host("other.example.org")));
    await().until(() -> ids().equals(ids(2)));
    ask(reports, 1, 2);
    reports.heard(asks(1, host("other.example.org")));
    reports.heard(open(1, 2));
    await().during(Duration.ofMillis(300)).until(() -> ids().equals(ids(2)));
    assertThat(hostsEverWritten()).containsExactly("h1.example.org", "h2.example.org");
  }

  private static void flood(DaemonReports reports, int from, int to) {
    for (int number : numbers(from, to)) {
      reports.heard(asks(number, host("h" + number + ".example.org")));
    }
  }

  @Test
  void neitherAPauseNorAFloodNorAnotherAgentLetsItsWordsChange() {
    DaemonReports reports = reports(Daemon.SUPERVISE, board(AgentStatus.none()), SHORT);
    ask(reports, 1, 2, 3);
    await().until(() -> ids().equals(ids(1, 2, 3)));
    reports.heard(open(2, 3));
    flood(reports, 10, 500);
    reports.heard(asks(1, host("other.example.org")));
    reports.heard(open(1, 2, 3));
    await().until(() -> ids().equals(ids(2, 3)));

    flood(reports, 500, 5_000);
    reports.heard(asks(2, host("other.example.org")));
    await().until(() -> ids().equals(ids(3)));

    DaemonReports next = reports(Daemon.SUPERVISE, board(writes.getLast()), SHORT);
    next.heard(asks(3, host("other.example.org")));
    await().during(Duration.ofMillis(200)).until(() -> ids().equals(ids(3)));
    next.heard(open(3));
    await().until(() -> ids().isEmpty());
    assertThat(hostsEverWritten())
        .containsExactly("h1.example.org", "h2.example.org", "h3.example.org");
  }

  @Test
  void whatTheStatusSaysOfARequestStaysWhateverIsSaidAgain() {
    DaemonReports reports = reports(Daemon.SUPERVISE, board(AgentStatus.none()), SHORT);
    ask(reports, 1);
    await().until(() -> ids().equals(ids(1)));
    int before = writes.size();
    for (int i = 0; i < 5; i++) {
      reports.heard(
          new RequestOpen(
              "supervise", id(1), host("h1.example.org"), "reason " + i, NOON + i, NOON + 1_000));
      reports.heard(open(1));
    }
    await().during(Duration.ofMillis(300)).until(() -> writes.size() == before);
  }
}
