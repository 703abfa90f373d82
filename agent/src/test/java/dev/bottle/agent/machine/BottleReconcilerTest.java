package dev.bottle.agent.machine;

import static dev.bottle.agent.machine.Bench.MACHINE;
import static dev.bottle.agent.machine.Bench.eventually;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.bottle.agent.gate.GateMachine;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.image.ImageFailure;
import dev.bottle.agent.preflight.Check;
import dev.bottle.agent.preflight.Finding;
import dev.bottle.agent.preflight.Fitness;
import dev.bottle.agent.report.AgentStatus;
import dev.bottle.agent.seal.SealOutcome;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.agent.testing.Bottles;
import dev.bottle.crd.api.MachineStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BottleReconcilerTest {
  private static final Bottles PLACED = Bottles.placed();
  private static final Fitness UNFIT =
      new Fitness.Unfit(List.of(new Finding(Check.Boot, "it died", "Mend it.")));

  @TempDir Path temp;
  private Bench bench;

  @BeforeEach
  void prepare() throws IOException {
    bench = new Bench(temp);
    bench.pod("pod-1");
  }

  @AfterEach
  void tidyUp() throws IOException {
    bench.destroy();
    assertThat(bench.runtime.breaches).isEmpty();
  }

  private void ready() throws IOException {
    bench.apply(PLACED);
    eventually(() -> assertThat(bench.binds.bound()).contains("pod-1"));
    bench.egress();
    bench.awaitReady();
  }

  private MachineStatus machine() {
    MachineStatus machine = bench.writes.isEmpty() ? null : bench.writes.getLast().machine();
    if (machine == null) {
      throw new AssertionError("no machine in the status yet");
    }
    return machine;
  }

  @Test
  void goesFromPlacementToAProvenSeal() throws Exception {
    ready();

    assertThat(bench.runtime.lifecycle()).containsExactly("create", "start");
    assertThat(machine().state()).isEqualTo(MachineStatus.State.Running);
    assertThat(machine().podUID()).isEqualTo("pod-1");
    assertThat(machine().epoch()).isEqualTo(1);
    assertThat(machine().runtimeVersion()).isEqualTo("1.32.2+fake");
    assertThat(machine().imageDigest()).startsWith("sha256:1111");
    AgentStatus status = bench.writes.getLast();
    assertThat(status.seal())
        .satisfies(seal -> {
          assertThat(seal).isNotNull();
          assertThat(seal.bootId()).isEqualTo(machine().bootId());
          assertThat(seal.podUID()).isEqualTo("pod-1");
          assertThat(seal.policyHash()).isEqualTo(Bench.POLICY);
        });
  }

  @Test
  void anUnfitNodeStartsNothingAndSaysWhyUntilItIsFit() throws Exception {
    Fitness fit = bench.fitness.getAndSet(UNFIT);
    bench.apply(PLACED);
    eventually(
        () -> assertThat(bench.conditions()).containsEntry(ConditionType.Booted, Reason.NodeUnfit));
    assertThat(bench.writes.getLast().conditions().find(ConditionType.Booted))
        .hasValueSatisfying(
            booted -> assertThat(booted.getMessage()).isEqualTo("Boot: it died. Mend it."));
    assertThat(machine().state()).isEqualTo(MachineStatus.State.Failed);
    assertThat(bench.pulls).hasValue(0);
    assertThat(bench.runtime.lifecycle()).isEmpty();
    bench.fitness.set(fit);
    ready();
  }

  @Test
  void aMachineThatRunsOutlivesTheFitnessOfItsNode() throws Exception {
    ready();
    bench.fitness.set(UNFIT);
    bench.apply(PLACED.running(true));
    eventually(() ->
        assertThat(
                bench
                    .writes
                    .getLast()
                    .conditions()
                    .isTrue(ConditionType.Booted, PLACED.generation() + 1))
            .isTrue());
    assertThat(bench.runtime.lifecycle()).containsExactly("create", "start");
  }

  @Test
  void aConvergedBottleCausesNoWriteAndBootsNothing() throws Exception {
    ready();
    await().during(Duration.ofMillis(300)).until(() -> true);
    int writes = bench.writes.size();
    int calls = bench.runtime.calls.size();
    for (int i = 0; i < 20; i++) {
      bench.apply(PLACED);
      bench.reconciler().checkProcess();
    }
    await()
        .during(Duration.ofMillis(500))
        .atMost(Duration.ofSeconds(5))
        .until(() -> bench.writes.size() == writes);
    assertThat(bench.runtime.calls).hasSize(calls);
    assertThat(bench.proofs).hasValue(1);
  }

  @ParameterizedTest
  @CsvSource({"create,before", "create,after", "start,before", "start,after", "exec,before"})
  void whateverFailsOnceIsTriedAgainAndThereIsOneMachine(String verb, String when)
      throws Exception {
    if (when.equals("before")) {
      bench.runtime.failBefore(verb, 1);
    } else {
      bench.runtime.failAfter(verb, 1);
    }
    ready();
    assertThat(bench.runtime.machines()).isEqualTo(1);
    assertThat(bench.runtime.running()).isEqualTo(1);
    assertThat(bench.events).isNotEmpty();
  }

  @Test
  void aFailureIsInTheConditionWhileItLasts() throws Exception {
    bench.runtime.failBefore("start", 1000);
    bench.apply(PLACED);
    eventually(() -> {
      assertThat(bench.conditions()).containsEntry(ConditionType.Booted, Reason.MachineStartFailed);
      assertThat(machine().state()).isEqualTo(MachineStatus.State.Failed);
    });
    assertThat(
            bench
                .writes
                .getLast()
                .conditions()
                .find(ConditionType.Booted)
                .orElseThrow()
                .getMessage())
        .contains("start was made to fail");
    bench.runtime.failBefore("start", 0);
    bench.apply(PLACED.running(true)); // another generation: tried at once
    eventually(() ->
        assertThat(bench.conditions()).containsEntry(ConditionType.Booted, Reason.MachineRunning));
  }

  @Test
  void bindsThatFailAreTriedAgain() throws Exception {
    bench.binds.fail(2);
    ready();
    assertThat(bench.runtime.lifecycle()).containsExactly("create", "start");
  }

  @Test
  void anImageThatDoesNotExistIsNamed() {
    bench.pullFailure.set(new ImageFailure(Reason.ImageNotFound, "registry.test/agent:1: gone"));
    bench.apply(PLACED);
    eventually(() ->
        assertThat(bench.conditions()).containsEntry(ConditionType.Booted, Reason.ImageNotFound));
    assertThat(bench.runtime.lifecycle()).isEmpty();
    bench.pullFailure.set(null);
    eventually(() -> assertThat(bench.runtime.lifecycle()).containsExactly("create", "start"));
  }

  @Test
  void statusWritesThatFailAreTriedAgain() throws Exception {
    bench.failWrites.set(2);
    ready();
  }

  @Test
  void withoutARuntimeTheNodeSaysSo() throws Exception {
    bench.runtime.version(Optional.empty());
    bench.apply(PLACED);
    eventually(() ->
        assertThat(bench.conditions()).containsEntry(ConditionType.Booted, Reason.RuntimeMissing));
    bench.runtime.version(Optional.of("1.32.2"));
    bench.apply(PLACED.running(true));
    eventually(() ->
        assertThat(bench.conditions()).containsEntry(ConditionType.Booted, Reason.MachineRunning));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bound", "created", "started", "ready", "silent"})
  void anAgentThatRestartsAnywhereFindsItsMachine(String moment) throws Exception {
    switch (moment) {
      case "bound" -> {
        bench.pullFailure.set(new ImageFailure(Reason.ImagePulling, "later"));
        bench.apply(PLACED);
        eventually(() ->
            assertThat(bench.conditions())
                .containsEntry(ConditionType.Booted, Reason.ImagePulling));
        bench.pullFailure.set(null);
      }
      case "created" -> {
        bench.runtime.failBefore("start", 1000);
        bench.apply(PLACED);
        eventually(() -> assertThat(bench.runtime.lifecycle()).contains("start"));
        bench.runtime.failBefore("start", 0);
      }
      case "started" -> {
        bench.apply(PLACED);
        eventually(() -> assertThat(bench.runtime.running()).isEqualTo(1));
      }
      case "ready" -> ready();
      case "silent" -> {
        ready();
        bench.runtime.version(Optional.empty());
      }
      default -> throw new IllegalArgumentException(moment);
    }
    boolean ran = bench.runtime.running() == 1;
    int before = bench.runtime.lifecycle().size();

    bench.restartAgent(PLACED);
    bench.runtime.version(Optional.of("1.32.2+fake"));
    bench.apply(PLACED.running(true));
    eventually(() -> assertThat(bench.binds.bound()).contains("pod-1"));
    bench.egress();
    bench.awaitReady();

    assertThat(bench.runtime.machines()).isEqualTo(1);
    assertThat(bench.runtime.running()).isEqualTo(1);
    if (ran) {
      assertThat(bench.runtime.lifecycle()).as("a running machine is not touched").hasSize(before);
    }
  }

  @Test
  void aMachineThatWasCreatedBeforeItsJournalWasWrittenIsAdopted() throws Exception {
    ready();
    bench.runtime.crash(MACHINE);
    bench.close();
    bench.journal.delete(MACHINE);
    bench.restartAgent(PLACED);
    eventually(() -> assertThat(bench.runtime.running()).isEqualTo(1));
    assertThat(bench.runtime.lifecycle()).containsExactly("create", "start", "start");
    assertThat(bench.journal.read(MACHINE).orElseThrow().pod()).isEqualTo("pod-1");
  }

  @Test
  void aDamagedJournalCostsARestartAndNothingElse() throws Exception {
    ready();
    bench.close();
    Files.writeString(bench.paths.journal().resolve(MACHINE + ".json"), "{\"pod\":");
    bench.restartAgent(PLACED);
    eventually(() ->
        assertThat(bench.runtime.lifecycle()).containsExactly("create", "start", "stop", "start"));
  }

  @Test
  void aDeadMachineIsStartedAgainAndProvenAnew() throws Exception {
    ready();
    String boot = machine().bootId();
    bench.runtime.crash(MACHINE);
    bench.reconciler().checkProcess();
    eventually(() -> {
      assertThat(machine().bootId()).isNotNull().isNotEqualTo(boot);
      assertThat(bench.proofs).hasValue(2);
    });
    bench.awaitReady();
    assertThat(bench.runtime.lifecycle()).containsExactly("create", "start", "start");
  }

  @Test
  void aBottleThatIsNotToRunIsSyncedThenStopped() throws Exception {
    ready();
    bench.apply(PLACED.running(false));
    eventually(() -> assertThat(machine().state()).isEqualTo(MachineStatus.State.Stopped));
    List<String> calls = bench.runtime.calls;
    assertThat(calls.indexOf("exec " + MACHINE + " /opt/bottle/bin/bottle-tool sync"))
        .isNotNegative()
        .isLessThan(calls.indexOf("stop " + MACHINE));
    assertThat(bench.runtime.machines()).isEqualTo(1);
    assertThat(bench.conditions()).containsEntry(ConditionType.Booted, Reason.Stopped);
  }

  @Test
  void aGuestThatCannotSyncIsStoppedNonetheless() throws Exception {
    ready();
    bench.runtime.guest((argv, stdin) -> new CommandResult(1, "", "Error: no answer"));
    bench.apply(PLACED.running(false));
    eventually(() -> assertThat(bench.runtime.running()).isZero());
  }

  @Test
  void aDeletedBottleLeavesNothing() throws Exception {
    ready();
    bench.apply(PLACED.deleting());
    eventually(() -> assertThat(machine().state()).isEqualTo(MachineStatus.State.Absent));
    assertThat(bench.runtime.machines()).isZero();
    assertThat(bench.journal.read(MACHINE)).isEmpty();
    assertThat(bench.binds.bound()).as("its gate is served until it was told").contains("pod-1");
    bench.reconciler().gate("pod-1").told();
    eventually(() -> assertThat(bench.binds.bound()).isEmpty());
    assertThat(bench.reconciler().finished()).isNotDone();

    bench.server.set(Optional.empty());
    assertThat(bench.reconciler().vanished()).isTrue();
    assertThat(bench.reconciler().finished()).succeedsWithin(Duration.ofSeconds(10));
    assertThat(bench.reconciler().seen(PLACED.build())).as("news for a finished one").isFalse();
  }

  @Test
  void anAgentThatDiedBetweenTheTwoDeletionsForgetsTheRest() throws Exception {
    bench.journal.write(MACHINE, new JournalEntry("ns", "demo", "pod-1", null, null));
    bench.server.set(Optional.empty());
    assertThat(bench.reconciler().vanished()).isTrue();
    assertThat(bench.reconciler().finished()).succeedsWithin(Duration.ofSeconds(10));
    assertThat(bench.journal.read(MACHINE)).isEmpty();
    assertThat(bench.writes).as("another node may own the status").isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"stop", "delete"})
  void aRemovalThatFailsIsTriedAgain(String verb) throws Exception {
    ready();
    bench.runtime.failBefore(verb, 1);
    bench.apply(PLACED.deleting());
    eventually(() -> assertThat(machine().state()).isEqualTo(MachineStatus.State.Absent));
    assertThat(bench.runtime.machines()).isZero();
  }

  @Test
  void aBottleThatVanishedIsStoppedOnlyWhenTheApiServerSaysSo() throws Exception {
    ready();
    bench.serverAway.set(Integer.MAX_VALUE);
    assertThat(bench.reconciler().vanished()).isTrue();
    int asked = bench.asked.get();
    eventually(() -> assertThat(bench.asked.get()).isGreaterThan(asked));
    assertThat(bench.runtime.running()).isEqualTo(1);

    bench.serverAway.set(0);
    bench.server.set(Optional.of(PLACED.on("node-2", 2).build()));
    assertThat(bench.reconciler().vanished()).isTrue();
    eventually(() -> assertThat(bench.runtime.machines()).isZero());
    bench.reconciler().gate("pod-1").told();
    assertThat(bench.reconciler().finished()).succeedsWithin(Duration.ofSeconds(10));
  }

  @Test
  void aStaleWatchBootsNothing() throws Exception {
    bench.server.set(Optional.of(PLACED.on("node-2", 2).build()));
    assertThat(bench.reconciler().seen(PLACED.build())).isTrue();
    bench.reconciler().gate("pod-1").told();
    assertThat(bench.reconciler().finished()).succeedsWithin(Duration.ofSeconds(10));
    assertThat(bench.runtime.lifecycle()).isEmpty();
  }

  @Test
  void withoutTheApiServerNothingBoots() throws Exception {
    bench.serverAway.set(Integer.MAX_VALUE);
    bench.apply(PLACED);
    eventually(() ->
        assertThat(bench.conditions())
            .containsEntry(ConditionType.Booted, Reason.MachineStartFailed));
    assertThat(bench.runtime.lifecycle()).isEmpty();
    bench.serverAway.set(0);
    eventually(() -> assertThat(bench.runtime.lifecycle()).containsExactly("create", "start"));
  }

  @Test
  void anotherPlacementsMachineIsReplaced() throws Exception {
    ready();
    bench.apply(PLACED.on("node-1", 2));
    eventually(() ->
        assertThat(bench.runtime.lifecycle())
            .containsExactly("create", "start", "stop", "delete", "create", "start"));
  }

  @Test
  void anotherPodMeansAnotherBootWithTheSameDisk() throws Exception {
    ready();
    bench.pod("pod-2");
    bench.apply(PLACED.pod("pod-2"));
    eventually(() -> assertThat(machine().podUID()).isEqualTo("pod-2"));
    assertThat(bench.runtime.lifecycle()).containsExactly("create", "start", "stop", "start");
    assertThat(bench.binds.bound()).contains("pod-2");
  }

  @Test
  void anotherSizeIsTakenAtTheNextStart() throws Exception {
    ready();
    bench.apply(PLACED.memory("4Gi"));
    bench.runtime.crash(MACHINE);
    bench.reconciler().checkProcess();
    eventually(() ->
        assertThat(bench.runtime.lifecycle())
            .containsExactly("create", "start", "resize", "start"));
  }

  @Test
  void aLeakStopsTheMachineAndAnAgentRestartDoesNotLiftThat() throws Exception {
    bench.seal.set(Bench.leaked());
    bench.apply(PLACED);
    eventually(() -> assertThat(bench.binds.bound()).contains("pod-1"));
    bench.egress();
    eventually(() ->
        assertThat(bench.conditions())
            .containsEntry(ConditionType.Booted, Reason.ProbeLeaked)
            .containsEntry(ConditionType.EgressSealed, Reason.ProbeLeaked));
    assertThat(bench.runtime.running()).isZero();
    assertThat(bench.writes.getLast().seal()).isNull();
    assertThat(bench.events).contains(Reason.ProbeLeaked);

    bench.seal.set(Bench.proven());
    bench.restartAgent(PLACED);
    eventually(() -> assertThat(machine().state()).isEqualTo(MachineStatus.State.Failed));
    assertThat(bench.runtime.lifecycle()).containsExactly("create", "start", "stop");

    bench.apply(PLACED.running(true)); // somebody's decision to try again
    eventually(() -> assertThat(bench.runtime.running()).isEqualTo(1));
  }

  @Test
  void aWallThatBreaksLaterStopsTheMachineAndSaysWhichOne() throws Exception {
    ready();
    bench.broken.set(
        Optional.of(
            new SealOutcome.Leaked(
                Reason.HostFactMismatch, "host-network-namespace: eth0", List.of())));
    bench.reconciler().checkProcess();
    eventually(() ->
        assertThat(bench.conditions())
            .containsEntry(ConditionType.Booted, Reason.HostFactMismatch)
            .containsEntry(ConditionType.EgressSealed, Reason.HostFactMismatch));
    assertThat(bench.runtime.running()).isZero();
    assertThat(bench.writes.getLast().seal()).isNull();
    assertThat(bench.events).contains(Reason.HostFactMismatch);
    assertThat(bench.proofs.get()).isEqualTo(1); // the guest was not asked again
  }

  @Test
  void anAgentThatStartsRenewsTheProofWithoutAWrite() throws Exception {
    ready();
    int writes = bench.writes.size();
    bench.restartAgent(PLACED);
    bench.egress();
    eventually(() -> assertThat(bench.proofs.get()).isEqualTo(2));
    bench.reconciler().checkProcess();
    assertThat(bench.conditions()).containsEntry(ConditionType.EgressSealed, Reason.SealProven);
    List<AgentStatus> later = List.copyOf(bench.writes);
    assertThat(later.subList(writes, later.size()))
        .allSatisfy(written -> assertThat(written.seal()).isNotNull());
  }

  @Test
  void aLeakStopsTheMachineAlsoWhenNothingCanBeWrittenDown() throws Exception {
    bench.apply(PLACED);
    eventually(() ->
        assertThat(bench.conditions()).containsEntry(ConditionType.Booted, Reason.MachineRunning));
    Path staging = bench.paths.journal().resolve("." + MACHINE);
    Files.createDirectories(staging); // as a full disk would: no journal can be written
    bench.seal.set(Bench.leaked());
    bench.egress();
    eventually(() -> assertThat(bench.runtime.lifecycle()).contains("stop"));
    Files.delete(staging);
  }

  @Test
  void aMachineThatDoesNotStopIsNotSaidToBeStopped() throws Exception {
    ready();
    bench.runtime.failBefore("stop", 1000);
    // pids of the fake process table are nobody's: the kill that follows changes nothing
    bench.apply(PLACED.running(false));
    eventually(() -> assertThat(bench.events).contains(Reason.MachineUnreachable));
    assertThat(machine().state()).isEqualTo(MachineStatus.State.Stopping);
    bench.runtime.failBefore("stop", 0);
    bench.apply(PLACED.running(false).running(false));
    eventually(() -> assertThat(machine().state()).isEqualTo(MachineStatus.State.Stopped));
  }

  @Test
  void aPodThatEndsGetsItsMachineStoppedAndIsTold() throws Exception {
    ready();
    GateMachine gate = bench.reconciler().gate("pod-1");
    CompletableFuture<Void> stopped = gate.terminate();
    assertThat(stopped).succeedsWithin(Duration.ofSeconds(20));
    assertThat(bench.runtime.running()).isZero();
    assertThat(bench.runtime.lifecycle()).endsWith("stop");

    gate.held(); // the container was only restarted
    bench.apply(PLACED);
    eventually(() -> assertThat(bench.runtime.running()).isEqualTo(1));
  }

  @Test
  void aPodIsNotToldThatItsMachineStoppedWhileTheRuntimeIsSilent() throws Exception {
    ready();
    bench.runtime.version(Optional.empty());
    CompletableFuture<Void> stopped = bench.reconciler().gate("pod-1").terminate();
    assertThatThrownBy(() -> stopped.get(1, TimeUnit.SECONDS))
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
    bench.runtime.version(Optional.of("1.32.2"));
    bench.apply(PLACED.running(true));
    assertThat(stopped).succeedsWithin(Duration.ofSeconds(20));
    assertThat(bench.runtime.running()).isZero();
  }

  @Test
  void anEndThatIsAskedForDuringTheStartIsAnsweredAfterTheStop() throws Exception {
    for (int i = 0; i < 20; i++) {
      bench.runtime.calls.clear();
      bench.reconciler().gate("pod-1").held();
      bench.apply(PLACED.running(true));
      CompletableFuture<Void> stopped = bench.reconciler().gate("pod-1").terminate();
      assertThat(stopped).succeedsWithin(Duration.ofSeconds(20));
      assertThat(bench.runtime.running()).as("told that it is stopped").isZero();
      await().during(Duration.ofMillis(30)).until(() -> bench.runtime.running() == 0);
    }
  }

  @Test
  void aFormerPodsEndDoesNotStopTheCurrentOnes() throws Exception {
    ready();
    assertThat(bench.reconciler().gate("pod-0").terminate()).succeedsWithin(Duration.ofSeconds(20));
    assertThat(bench.runtime.running()).isEqualTo(1);
  }

  @Test
  void peopleRunCommandsOnlyInARunningMachineAndFourAtOnce() throws Exception {
    bench.runtime.failBefore("start", 1000);
    bench.apply(PLACED);
    GateMachine gate = bench.reconciler().gate("pod-1");
    assertThatThrownBy(() -> gate.open(List.of("id")))
        .isInstanceOfSatisfying(
            RuntimeFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.MachineNotRunning));
    bench.runtime.failBefore("start", 0);
    bench.apply(PLACED.running(true));
    eventually(() ->
        assertThat(bench.conditions()).containsEntry(ConditionType.Booted, Reason.MachineRunning));

    var first = gate.open(List.of("id", "-u"));
    assertThat(bench.runtime.calls)
        .contains("open " + MACHINE + " /opt/bottle/bin/bottle-tool exec -- id -u");
    for (int i = 0; i < 3; i++) {
      var _ = gate.open(List.of("id"));
    }
    assertThatThrownBy(() -> gate.open(List.of("id")))
        .isInstanceOfSatisfying(
            RuntimeFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.TooManySessions));
    first.kill();
    first.kill();
    var _ = gate.open(List.of("id"));
    assertThatThrownBy(() -> gate.open(List.of("id"))).isInstanceOf(RuntimeFailure.class);
  }

  @Test
  void aChangedPromptIsWrittenAgainWithoutABoot() throws Exception {
    ready();
    String digest = requireNonNull(bench.writes.getLast().provisioned()).digest();
    var _ = bench.kubelet.projected("pod-1", "guest", Bench.guest("another"));
    eventually(() ->
        assertThat(requireNonNull(bench.writes.getLast().provisioned()).digest())
            .isNotEqualTo(digest));
    assertThat(bench.runtime.lifecycle()).containsExactly("create", "start");
    assertThat(bench.proofs).hasValue(1);
  }

  @Test
  void aTamperedVolumeIsNamedAndNothingOfItIsUsed() throws Exception {
    Path trust = bench.kubelet.emptyDir("pod-1", "trust");
    Files.delete(trust.resolve("egress-ca.pem"));
    Files.createSymbolicLink(trust.resolve("egress-ca.pem"), Path.of("/etc/passwd"));
    bench.apply(PLACED);
    eventually(() ->
        assertThat(bench.conditions())
            .containsEntry(ConditionType.Provisioned, Reason.UntrustedVolume));
    assertThat(bench.runtime.calls).noneMatch(call -> call.contains("provision"));
  }

  @Test
  void aSealThatIsNotProvenIsTriedAgain() throws Exception {
    bench.seal.set(new dev.bottle.agent.seal.SealOutcome.Unproven("routes: no answer", List.of()));
    bench.apply(PLACED);
    eventually(() -> assertThat(bench.binds.bound()).contains("pod-1"));
    bench.egress();
    eventually(() ->
        assertThat(bench.conditions())
            .containsEntry(ConditionType.EgressSealed, Reason.ProbeFailed)
            .containsEntry(ConditionType.Provisioned, Reason.GuestProvisioned));
    bench.seal.set(Bench.proven());
    bench.awaitReady();
    assertThat(bench.runtime.lifecycle()).containsExactly("create", "start");
  }
}
