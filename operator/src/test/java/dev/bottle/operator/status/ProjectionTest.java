package dev.bottle.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.Phase;
import dev.bottle.crd.api.RequestDecision;
import dev.bottle.crd.api.Verdict;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.condition.Conditions;
import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.apply.StatusWriter;
import dev.bottle.operator.approval.Approvals;
import dev.bottle.operator.fixture.Requests;
import dev.bottle.operator.fixture.Twist;
import dev.bottle.operator.fixture.World;
import dev.bottle.operator.lease.AgentState;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProjectionTest {

  @Test
  void aProvenBottleIsReadyAndSaysForWhichGeneration() {
    World world = World.ready();

    assertThat(summary(world.projected(ConditionType.Ready))).isEqualTo("True/Ready");
    assertThat(world.projected().phase()).isEqualTo(Phase.Running);
    assertThat(world.projected().observedGeneration()).isEqualTo(3);
    assertThat(types(world))
        .containsExactly("Prepared", "TLSReady", "BundleReady", "AgentReachable", "Ready");
  }

  @Test
  void anUnchangedBottleHasAnEqualStatusHoursLater() {
    World world = World.ready();
    world.pass(Duration.ofHours(5));

    assertThat(world.projected()).isEqualTo(StatusWriter.owned(world.bottle.getStatus()));
  }

  @Test
  void ofTheStatusTheOperatorWritesItsOwnPartOnly() {
    var projected = World.ready().projected();

    assertThat(projected.machine()).isNull();
    assertThat(projected.provisioned()).isNull();
    assertThat(projected.seal()).isNull();
    assertThat(Objects.requireNonNull(projected.bundle()).daemons()).isNull();
  }

  @Test
  void theBundleIsThePodAndTheHashesThatMustBeServed() {
    World world = World.ready();
    var bundle = Objects.requireNonNull(world.projected().bundle());

    assertThat(bundle.pod()).isEqualTo("bottle-demo");
    assertThat(bundle.podUID()).isEqualTo("pod-1");
    assertThat(bundle.policyHash()).isEqualTo(world.rendered().policyHash());
    assertThat(bundle.guestHash()).isEqualTo(world.rendered().guestHash());
  }

  @Test
  void aPodOfTheNextLifeIsNotShownToTheAgentOfTheFormer() {
    World world = World.ready().vouchFor("node-a");
    world.nodes.remove("node-a");
    world.step();
    world.step();

    assertThat(Objects.requireNonNull(world.pod).getMetadata().getUid()).isEqualTo("pod-2");
    assertThat(Objects.requireNonNull(world.projected().bundle()).podUID()).isNull();
    world.schedule("node-b").step();
    assertThat(Objects.requireNonNull(world.projected().bundle()).podUID()).isEqualTo("pod-2");
  }

  @ParameterizedTest
  @CsvSource({
    // twist, Ready's status/reason, phase
    "NO_SEAL, False/Reconciling, Starting",
    "SEAL_OTHER_POD, False/Reconciling, Degraded",
    "SEAL_OTHER_POLICY, False/Reconciling, Degraded",
    "SEAL_OTHER_BOOT, False/Reconciling, Starting",
    "SEAL_LEAKED, False/ProbeLeaked, Failed",
    "SEAL_FAILED, False/ProbeFailed, Degraded",
    "SEAL_WITHOUT_PROBES, False/SealPending, Degraded",
    "SEALED_FALSE, False/SealProven, Degraded",
    "SEALED_BEFORE, False/Reconciling, Degraded",
    "NO_PROVISIONED, False/Reconciling, Degraded",
    "PROVISIONED_OTHER_FILES, False/Reconciling, Degraded",
    "PROVISIONED_OTHER_POD, False/Reconciling, Degraded",
    "PROVISIONED_OTHER_BOOT, False/Reconciling, Degraded",
    "NO_MACHINE, False/Reconciling, Starting",
    "MACHINE_REBOOTED, False/Reconciling, Starting",
    "MACHINE_WITHOUT_BOOT, False/Reconciling, Starting",
    "MACHINE_OF_ANOTHER_POD, False/Reconciling, Degraded",
    "MACHINE_OF_EPOCH_2, False/Reconciling, Degraded",
    "MACHINE_STOPPED, False/Reconciling, Starting",
    "MACHINE_FAILED, False/Reconciling, Failed",
    "BOOTED_FALSE, False/MachineRunning, Degraded",
    "BOOTED_ODD, False/MachineStarting, Degraded",
    "NO_CONDITIONS, False/MachineStarting, Degraded",
    "NO_DAEMONS, False/WaitingForDaemons, Degraded",
    "DAEMON_OF_ANOTHER_POD, False/WaitingForDaemons, Degraded",
    "DAEMON_OTHER_POLICY, False/PolicyPending, Degraded",
    "DAEMON_NOT_READY, False/WaitingForDaemons, Degraded",
    "DAEMON_REFUSES, False/PolicyInvalid, Degraded",
    "AGENT_STALE, Unknown/AgentUnreachable, Degraded",
    "AGENT_MISSING, Unknown/AgentUnreachable, Degraded",
    "NODE_GONE, False/NodeGone, Failed",
    "NEXT_GENERATION, False/Reconciling, Degraded",
    "ALLOWS_MORE, False/PolicyPending, Degraded",
    "BIGGER, False/WaitingForPod, Degraded",
    "NO_POD, False/WaitingForPod, Degraded",
    "DAEMON_WITHOUT_PIPELOCK, False/PipelockUnavailable, Degraded",
    "INSPECTED, False/PipelockImageMissing, Failed",
    "SUPERVISED, False/WaitingForPod, Degraded",
    "GIT, False/WaitingForPod, Degraded",
    "ADMIN_BROKEN, False/AdminConfigInvalid, Failed",
    "STOPPED, False/Stopped, Stopping",
    "DELETED, False/Terminating, Terminating",
    "ANOTHER_BOTTLE, False/NameTaken, Degraded",
  })
  void whatIsMissingIsNamed(Twist twist, String ready, Phase phase) {
    World world = Twist.twisted(List.of(twist));

    assertThat(summary(world.projected(ConditionType.Ready))).isEqualTo(ready);
    assertThat(world.projected().phase()).isEqualTo(phase);
  }

  @ParameterizedTest
  @CsvSource({
    "INSPECTED, PipelockImageMissing",
    "ADMIN_BROKEN, AdminConfigInvalid",
    "NODE_GONE, NodeGone",
    "SEAL_LEAKED, ProbeLeaked"
  })
  void whatNeedsAPersonIsStalledAndStopsBeingSo(Twist twist, String reason) {
    World world = Twist.twisted(List.of(twist));
    assertThat(summary(world.projected(ConditionType.Stalled))).isEqualTo("True/" + reason);

    World mended = World.ready();
    mended.set("/status/conditions", Conditions.of(world.projected().conditions()).all());
    assertThat(types(mended)).doesNotContain("Stalled");
  }

  /** Twists in the order that they come, {@code -} for a condition that is not there. */
  @ParameterizedTest
  @CsvSource({
    "DAEMON_WITHOUT_TOKEN, -",
    "ROUTED, Unknown/WaitingForPod",
    "ROUTED RECONCILED POD_ENDED, Unknown/WaitingForPod",
    "ROUTED RECONCILED POD_ENDED RECONCILED RECONCILED, Unknown/WaitingForDaemons",
  })
  void aRouteNeedsItsCredential(String twists, String routesReady) {
    World world = Twist.twisted(Stream.of(twists.split(" ", -1)).map(Twist::valueOf).toList());

    assertThat(
            Conditions.of(world.projected().conditions())
                .find(ConditionType.RoutesReady)
                .map(ProjectionTest::summary)
                .orElse("-"))
        .isEqualTo(routesReady);
  }

  @Test
  void aMissingSecretIsNamedAndReadyDoesNotDependOnIt() {
    World world = World.routed();
    assertThat(summary(world.projected(ConditionType.Ready))).isEqualTo("True/Ready");
    assertThat(summary(world.projected(ConditionType.RoutesReady)))
        .isEqualTo("True/CredentialsPresent");

    String another = world.rendered().slots().getFirst().name();
    String token = world.rendered().slots().getLast().name();
    world.emptySlots(another, "EGRESS_TOKEN_9");
    Condition missing = world.projected(ConditionType.RoutesReady);
    assertThat(summary(missing)).isEqualTo("False/SecretMissing");
    assertThat(missing.getMessage())
        .startsWith("key value of Secret another:")
        .doesNotContain("token");
    assertThat(summary(world.projected(ConditionType.Ready))).isEqualTo("True/Ready");
    assertThat(world.projected().phase()).isEqualTo(Phase.Running);

    world.emptySlots(another, token);
    assertThat(world.projected(ConditionType.RoutesReady).getMessage())
        .contains("Secret another", "Secret token");

    world.emptySlots();
    assertThat(summary(world.projected(ConditionType.RoutesReady)))
        .isEqualTo("True/CredentialsPresent");
  }

  @Test
  void emptySlotsOfAnotherPolicySayNothing() {
    World world = World.routed();
    world.emptySlots(world.rendered().slots().getFirst().name());
    Twist.ALLOWS_MORE.apply(world);

    assertThat(summary(world.projected(ConditionType.RoutesReady)))
        .isEqualTo("Unknown/PolicyPending");
  }

  @Test
  void withoutRoutesThereIsNothingToSay() {
    World world = World.routed();
    world.step();
    assertThat(types(world)).contains("RoutesReady");
    world.edit("/spec/egress/routes", null);

    assertThat(types(world)).doesNotContain("RoutesReady");
  }

  @Test
  void whatWaitsIsNotStalled() {
    World world = Twist.twisted(List.of(Twist.NO_SEAL));

    assertThat(types(world)).doesNotContain("Stalled");
  }

  @Test
  void theTimeOfAConditionIsThatOfItsLastFlip() {
    World world = World.ready();
    String since = world.projected(ConditionType.Ready).getLastTransitionTime();
    world.pass(Duration.ofMinutes(3));
    assertThat(world.projected(ConditionType.Ready).getLastTransitionTime()).isEqualTo(since);

    world.agents.put("node-a", AgentState.Stale);
    assertThat(world.projected(ConditionType.Ready).getLastTransitionTime())
        .isEqualTo("2026-01-02T03:07:05Z");
    assertThat(world.projected(ConditionType.BundleReady).getLastTransitionTime()).isEqualTo(since);
  }

  @Test
  void aSilentAgentIsToldAlsoWhileThePodEnds() {
    World world = Twist.twisted(List.of(Twist.AGENT_STALE, Twist.POD_ENDS));

    assertThat(summary(world.projected(ConditionType.Ready))).isEqualTo("Unknown/AgentUnreachable");
    assertThat(summary(world.projected(ConditionType.Prepared))).isEqualTo("False/WaitingForPod");
  }

  @Test
  void whatTheServerRefusesIsToldInItsWords() {
    World world = World.fresh();
    var status =
        Projection.project(world.observe(), world.plan(), new Outcome.Refused("Pod p: no quota"));
    var torn = World.ready().delete();
    var tornDown =
        Projection.project(torn.observe(), torn.plan(), new Outcome.Refused("Pod p: forbidden"));

    assertThat(find(status.conditions(), ConditionType.Ready))
        .extracting(Condition::getReason, Condition::getMessage)
        .containsExactly("ApplyRefused", "Pod p: no quota");
    assertThat(find(tornDown.conditions(), ConditionType.Ready))
        .extracting(Condition::getReason, Condition::getMessage)
        .containsExactly("ApplyRefused", "Pod p: forbidden");
  }

  @Test
  void aTakenNameNeedsAPerson() {
    World world = World.fresh();
    var status = Projection.project(world.observe(), world.plan(), new Outcome.Taken("taken"));

    assertThat(summary(find(status.conditions(), ConditionType.Stalled)))
        .isEqualTo("True/NameTaken");
  }

  @Test
  void anUnschedulablePodSaysWhyInTheSchedulersWords() {
    World world = World.fresh();
    world.step();
    world.setPod(
        "/status/conditions",
        List.of(
            Map.of(
                "type",
                "PodScheduled",
                "status",
                "False",
                "reason",
                "Unschedulable",
                "message",
                "0/1 nodes are available")));

    assertThat(world.projected(ConditionType.Ready))
        .extracting(Condition::getReason, Condition::getMessage)
        .containsExactly("Unschedulable", "0/1 nodes are available");
    assertThat(summary(world.projected(ConditionType.AgentReachable)))
        .isEqualTo("Unknown/NotPlaced");
    assertThat(world.projected().phase()).isEqualTo(Phase.Pending);
  }

  @Test
  void aCrashedDaemonSaysItsLastWords() {
    World world = Twist.twisted(List.of(Twist.NO_DAEMONS));
    world.setPod(
        "/status/containerStatuses",
        List.of(
            Map.of(
                "name",
                "egress",
                "state",
                Map.of("waiting", Map.of("reason", "CrashLoopBackOff")),
                "lastState",
                Map.of(
                    "terminated",
                    Map.of("exitCode", 1, "reason", "Error", "message", "no certificate\n")))));

    assertThat(world.projected(ConditionType.BundleReady).getMessage())
        .isEqualTo("egress ended with exit code 1 (Error): no certificate");
  }

  @Test
  void aFailedInitContainerAndAMissingImageAreTold() {
    World failed = Twist.twisted(List.of(Twist.NO_DAEMONS));
    failed.setPod(
        "/status/initContainerStatuses",
        List.of(
            Map.of(
                "name",
                "tls-init",
                "state",
                Map.of("terminated", Map.of("exitCode", 1, "reason", "Error")))));
    assertThat(summary(failed.projected(ConditionType.TLSReady))).isEqualTo("False/TLSInitFailed");

    World missing = Twist.twisted(List.of(Twist.NO_DAEMONS));
    missing.setPod(
        "/status/initContainerStatuses",
        List.of(
            Map.of(
                "name",
                "tls-init",
                "state",
                Map.of("waiting", Map.of("reason", "ImagePullBackOff", "message", "no such")))));
    assertThat(missing.projected(ConditionType.TLSReady))
        .extracting(Condition::getReason, Condition::getMessage)
        .containsExactly("ImagePullFailed", "tls-init: no such");
  }

  @Test
  void aPipelockThatDoesNotServeIsToldInKubeletsWordsWhenItHasAny() {
    World world = Twist.twisted(List.of(Twist.DAEMON_WITHOUT_PIPELOCK));
    world.set("/status/bundle/daemons/0/message", "pipelock at 127.0.0.1:8888 does not listen");
    assertThat(world.projected(ConditionType.BundleReady))
        .extracting(Condition::getReason, Condition::getMessage)
        .containsExactly("PipelockUnavailable", "pipelock at 127.0.0.1:8888 does not listen");

    world.setPod(
        "/status/containerStatuses",
        List.of(
            Map.of(
                "name",
                "pipelock",
                "state",
                Map.of(
                    "terminated",
                    Map.of("exitCode", 1, "reason", "Error", "message", "unknown field\n")))));
    assertThat(world.projected(ConditionType.BundleReady))
        .extracting(Condition::getReason, Condition::getMessage)
        .containsExactly(
            "PipelockUnavailable", "pipelock ended with exit code 1 (Error): unknown field");
  }

  @Test
  void withPipelockBothAuthoritiesAreNeeded() {
    World world =
        Twist.twisted(
            List.of(
                Twist.PIPELOCK_NAMED,
                Twist.INSPECTED,
                Twist.RECONCILED,
                Twist.POD_ENDED,
                Twist.RECONCILED,
                Twist.RECONCILED));
    world.setPod(
        "/status/initContainerStatuses",
        List.of(finished("tls-init"), failed("pipelock-tls-init")));
    assertThat(world.projected(ConditionType.TLSReady))
        .extracting(Condition::getReason, Condition::getMessage)
        .containsExactly("TLSInitFailed", "pipelock-tls-init ended with exit code 1 (Error)");

    world.setPod(
        "/status/initContainerStatuses",
        List.of(finished("tls-init"), finished("pipelock-tls-init")));
    assertThat(summary(world.projected(ConditionType.TLSReady)))
        .isEqualTo("True/CertificatesIssued");
  }

  private static Map<String, Object> finished(String name) {
    return Map.of("name", name, "state", Map.of("terminated", Map.of("exitCode", 0)));
  }

  private static Map<String, Object> failed(String name) {
    return Map.of(
        "name", name, "state", Map.of("terminated", Map.of("exitCode", 1, "reason", "Error")));
  }

  @Test
  void aHostIsAllowedWhenThePolicySaysSoAndNotBefore() {
    World world = Twist.twisted(World.supervised(), List.of(Twist.ASKED));
    world.step();
    world.step();
    Twist.ADMIN_BROKEN.apply(world);
    world.decides(Requests.HOST, Verdict.Approved, null);
    Twist.ANSWERED.apply(world);
    world.step();
    world.step();
    assertThat(policy(world)).doesNotContain("grants");
    assertThat(world.status().grants()).isNull();
    assertThat(world.status().decisions())
        .as("an answer needs no policy")
        .extracting(RequestDecision::id)
        .containsExactly(Requests.QUESTION.id());

    world.admin = new AdminConfig.Valid(AdminConfig.NONE);
    world.step();
    assertThat(policy(world)).contains("grants");
    assertThat(world.status().grants()).hasSize(1);
    assertThat(world.status().decisions())
        .extracting(RequestDecision::id)
        .containsExactly(Requests.HOST.id(), Requests.QUESTION.id());
  }

  @Test
  void aHostIsAllowedWhileThePolicySaysSo() {
    World world = granted();
    Twist.ADMIN_BROKEN.apply(world);
    world.asks();
    Twist.REVOKED.apply(world);
    world.step();
    assertThat(policy(world)).contains("grants");
    assertThat(world.status().grants()).hasSize(1);
    assertThat(Approvals.decide(world.observe()).next()).isEqualTo(World.NOW.plusSeconds(120));

    world.pass(Duration.ofMinutes(2)).step();
    assertThat(world.status().grants()).as("egress ends it").isNull();
  }

  @Test
  void whatAPersonAllowedInVainIsToldToNobody() {
    World world = Twist.twisted(World.supervised(), List.of(Twist.ASKED));
    world.step();
    world.step();
    Twist.ADMIN_BROKEN.apply(world);
    Twist.APPROVED.apply(world);
    world.step();
    world.pass(Duration.ofMinutes(5)).step();
    world.admin = new AdminConfig.Valid(AdminConfig.NONE);
    world.step();

    assertThat(world.status().grants()).isNull();
    assertThat(world.status().decisions()).isNull();
  }

  @Test
  void whatTheAgentWasToldStaysSaidWhenTheGrantHasEnded() {
    World world = granted();
    world.pass(Duration.ofMinutes(5)).step();
    world.step();

    assertThat(world.status().grants()).isNull();
    assertThat(world.status().decisions()).hasSize(1);
  }

  @Test
  void aPolicyThatWasNotWrittenAllowsNothing() {
    World world = Twist.twisted(World.supervised(), List.of(Twist.ASKED));
    world.step();
    world.step();
    Twist.APPROVED.apply(world);
    world.step();
    for (Outcome failed : List.of(new Outcome.Refused("no"), new Outcome.Taken("taken"))) {
      var status = Projection.project(world.observe(), world.plan(), failed);
      assertThat(status.grants()).isNull();
      assertThat(status.decisions()).isNull();
    }

    world.actOnObjects(world.plan());
    var status =
        Projection.project(world.observe(), world.plan(), new Outcome.Refused("Pod p: no quota"));
    assertThat(status.grants()).as("written before something else was refused").hasSize(1);
    assertThat(status.decisions()).hasSize(1);
  }

  private static World granted() {
    World world = Twist.twisted(World.supervised(), List.of(Twist.ASKED));
    world.step();
    world.step();
    Twist.APPROVED.apply(world);
    world.step();
    world.step();
    assertThat(world.status().grants()).hasSize(1);
    return world;
  }

  private static String policy(World world) {
    return Objects.requireNonNull(
        Objects.requireNonNull(world.policy).getData().get("policy.json"));
  }

  @Test
  void stoppedIsSaidWhenNothingRunsAnyMore() {
    World world = World.ready().edit("/spec/running", false);
    world.step();
    assertThat(world.projected().phase()).isEqualTo(Phase.Stopping);
    world.podEnds();
    assertThat(world.projected().phase()).isEqualTo(Phase.Stopping);
    world.set("/status/machine/state", "Stopped");
    assertThat(world.projected().phase()).isEqualTo(Phase.Stopped);
    assertThat(summary(world.projected(ConditionType.Ready))).isEqualTo("False/Stopped");
  }

  private static List<String> types(World world) {
    return Objects.requireNonNull(world.projected().conditions()).stream()
        .map(Condition::getType)
        .toList();
  }

  private static Condition find(@Nullable List<Condition> conditions, ConditionType type) {
    return Conditions.of(conditions).find(type).orElseThrow();
  }

  private static String summary(Condition condition) {
    return condition.getStatus() + "/" + condition.getReason();
  }
}
