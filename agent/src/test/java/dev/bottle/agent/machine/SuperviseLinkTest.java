package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.agent.testing.Bottles;
import dev.bottle.crd.api.AgentRequest;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.RequestDecision;
import dev.bottle.crd.api.Verdict;
import dev.bottle.crd.control.Decision;
import dev.bottle.crd.control.OpenRequests;
import dev.bottle.crd.control.RequestOpen;
import dev.bottle.crd.request.Ask;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Between a supervise and the Bottle that it asks for. */
@Timeout(60)
class SuperviseLinkTest {
  private static final String ID = "r" + "1".repeat(16);
  private static final String OTHER = "r" + "2".repeat(16);
  private static final Ask ASK = new Ask.Egress("a.example.org", List.of(), null, 3600);

  @TempDir private Path temp;

  @SuppressWarnings("NullAway.Init")
  private Bench bench;

  @BeforeEach
  void start() throws IOException {
    bench = new Bench(temp);
    bench.binds.supervised(true);
    bench.pod("pod-1");
    bench.apply(Bottles.placed());
    await().until(() -> bench.binds.bound().isPresent());
  }

  @AfterEach
  void stop() throws IOException {
    bench.destroy();
  }

  private static String asked(String id) {
    return new String(
        new RequestOpen("supervise", id, ASK, "because", 1_000, 2_000).toLine(),
        StandardCharsets.UTF_8);
  }

  private static String open(String... ids) {
    return new String(new OpenRequests("supervise", List.of(ids)).toLine(), StandardCharsets.UTF_8);
  }

  private static Bottle decided(RequestDecision... decisions) {
    Bottle bottle = Bottles.placed().build();
    BottleStatus status = bottle.getStatus();
    bottle.setStatus(
        new BottleStatus(
            status.observedGeneration(),
            status.phase(),
            status.placement(),
            status.conditions(),
            status.bundle(),
            status.machine(),
            status.provisioned(),
            status.seal(),
            status.egress(),
            status.git(),
            null,
            List.of(decisions),
            null,
            null));
    return bottle;
  }

  private static RequestDecision approval(String id) {
    return new RequestDecision(id, ASK.hash(), Verdict.Approved, "yes");
  }

  private List<AgentRequest> written() {
    List<AgentRequest> requests = bench.writes.isEmpty() ? null : bench.writes.getLast().requests();
    return requests == null ? List.of() : requests;
  }

  @Test
  void aRequestGetsIntoTheStatusAndItsDecisionToSuperviseOnce() throws IOException {
    var supervise = bench.supervise(asked(ID) + open(ID));
    await().until(() -> written().size() == 1);
    assertThat(written().getFirst().hash()).isEqualTo(ASK.hash());

    bench.apply(
        decided(
            approval(ID),
            approval(OTHER),
            new RequestDecision("../../etc", ASK.hash(), Verdict.Approved, null)));
    String line =
        new String(new Decision(ID, ASK.hash(), true, "yes").toLine(), StandardCharsets.UTF_8);
    await().until(() -> supervise.said().equals(line));
    bench.apply(decided(approval(ID), approval(OTHER)));
    await().during(Duration.ofMillis(300)).until(() -> supervise.said().equals(line));

    supervise.say(open());
    supervise.say(asked(OTHER) + open(OTHER));
    await().until(() -> supervise.said().contains(OTHER));
    assertThat(supervise.said()).hasLineCount(2);
  }

  @Test
  void aNewConnectionIsToldAgainAndAnotherHashIsNotTold() throws IOException {
    var first = bench.supervise(asked(ID) + asked(OTHER) + open(ID, OTHER));
    bench.apply(
        decided(approval(ID), new RequestDecision(OTHER, "0".repeat(64), Verdict.Approved, null)));
    await().until(() -> first.said().contains(ID));
    first.close();

    var second = bench.supervise(asked(ID) + asked(OTHER) + open(ID, OTHER));
    await().until(() -> second.said().contains(ID));
    assertThat(first.said() + second.said()).doesNotContain(OTHER);
  }

  @Test
  void aRequestWhoseWordsChangedIsGoneAndGetsNoDecision() throws IOException {
    var supervise = bench.supervise(asked(ID) + asked(OTHER) + open(ID, OTHER));
    await().until(() -> written().size() == 2);
    supervise.say(
        new String(
            new RequestOpen("supervise", ID, new Ask.Question("?", List.of()), "r", 1_000, 2_000)
                .toLine(),
            StandardCharsets.UTF_8));
    supervise.say(asked(ID) + open(ID, OTHER));
    await().atMost(Duration.ofSeconds(30)).until(() -> written().size() == 1);
    bench.apply(decided(approval(ID), approval(OTHER)));
    await().until(() -> supervise.said().contains(OTHER));
    assertThat(supervise.said()).doesNotContain(ID);
  }

  @Test
  void aDenialIsSaidAsOne() throws IOException {
    var supervise = bench.supervise(asked(ID) + open(ID));
    bench.apply(decided(new RequestDecision(ID, ASK.hash(), Verdict.Denied, null)));
    await().until(() -> supervise.said().contains("\"approved\":false"));
  }

  @Test
  void withoutSuperviseTheRequestsOfTheFormerPodAreGone() throws IOException {
    bench.supervise(asked(ID) + open(ID));
    await().until(() -> written().size() == 1);
    bench.pod("pod-2");
    bench.binds.supervised(false);
    bench.apply(Bottles.placed().pod("pod-2"));
    await().until(() -> written().isEmpty());
  }

  @Test
  void whenTheBottleRestsItsRequestsAreGone() throws IOException {
    bench.supervise(asked(ID) + open(ID));
    await().until(() -> written().size() == 1);
    bench.apply(Bottles.placed().running(false).pod(null));
    Files.delete(bench.kubelet.emptyDir("pod-1", "gate")); // kubelet tidies up
    await().until(() -> written().isEmpty());
  }

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true", "false, false"})
  void requestsOfAPodThatWentUnseenAreGoneAndThenNothingIsWritten(boolean running, boolean runtime)
      throws IOException {
    bench.supervise(asked(ID) + open(ID));
    await().until(() -> written().size() == 1);
    bench.close();
    bench.binds.unbind(Bottles.UID); // the node was booted
    bench.runtime.version(Optional.of("1.32.2").filter(_ -> runtime));
    Bottles resting =
        running ? Bottles.placed().pod(null) : Bottles.placed().running(false).pod(null);

    bench.restartAgent(resting);
    await().until(() -> written().isEmpty());
    await().during(Duration.ofMillis(500)).until(() -> true);
    int writes = bench.writes.size();
    for (int i = 0; i < 20; i++) {
      bench.apply(resting);
    }
    await().during(Duration.ofMillis(500)).until(() -> bench.writes.size() == writes);
  }

  @Test
  void anAgentThatDoesNotHearSuperviseLeavesTheRequestsAsTheyAre() throws IOException {
    bench.supervise(asked(ID) + open(ID));
    await().until(() -> written().size() == 1);
    bench.restartAgent(Bottles.placed());
    await().during(Duration.ofSeconds(1)).until(() -> written().size() == 1);
  }
}
