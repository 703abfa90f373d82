package dev.bottle.system.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.MachineStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.api.model.Condition;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What happens to a Bottle over time: idle, edited, stopped, its Pod or its agent replaced,
 * deleted.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LifecycleIT {
  private LocalCluster cluster;
  private OriginProcess origin;

  @BeforeAll
  void start() throws IOException {
    cluster = new LocalCluster("lifecycle");
    origin = new OriginProcess(cluster);
  }

  @AfterAll
  void stop() {
    origin.close();
    cluster.close();
  }

  @Test
  void aConvergedBottleCausesNoWrites() {
    ready("idle");
    String before = cluster.bottle("idle").getMetadata().getResourceVersion();
    Instant end = Instant.now().plus(Duration.ofSeconds(25));
    LocalCluster.await()
        .during(Duration.ofSeconds(20))
        .until(() ->
            cluster.bottle("idle").getMetadata().getResourceVersion().equals(before)
                || Instant.now().isAfter(end));
    assertThat(cluster.bottle("idle").getMetadata().getResourceVersion()).isEqualTo(before);
    delete("idle");
  }

  @Test
  void anEditOfTheAllowListIsLiveWithoutANewPod() {
    ready("edited");
    BottleStatus before = status("edited");
    assertThat(fetch("edited")).isNotZero();

    patch("edited", "{\"spec\":{\"egress\":{\"allow\":[\"origin.bottle.test\"]}}}");

    LocalCluster.await().until(() -> fetch("edited") == 0);
    LocalCluster.await()
        .until(() -> isReady("edited") && !bundle(status("edited")).equals(bundle(before)));
    BottleStatus after = status("edited");
    assertThat(Objects.requireNonNull(after.bundle()).podUID())
        .isEqualTo(Objects.requireNonNull(before.bundle()).podUID());
    assertThat(machine(after).bootId()).isEqualTo(machine(before).bootId());
    assertThat(Objects.requireNonNull(after.seal()).policyHash())
        .isEqualTo(Objects.requireNonNull(after.bundle()).policyHash());

    patch("edited", "{\"spec\":{\"egress\":{\"allow\":[]}}}");
    LocalCluster.await().until(() -> fetch("edited") != 0);
    delete("edited");
  }

  @Test
  void theGuestLivesOnWhenTheAgentPodIsReplaced() {
    ready("kept");
    cluster.guest("kept", "sh", "-c", "nohup sleep 100000 >/dev/null 2>&1 & echo $!").orThrow();
    String process = cluster.guest("kept", "pgrep", "-f", "sleep 100000").orThrow();
    BottleStatus before = status("kept");

    cluster
        .host(
            "kubectl",
            "-n",
            "bottle-system",
            "delete",
            "pod",
            "-l",
            "app.kubernetes.io/component=agent",
            "--wait=true")
        .orThrow();
    cluster
        .host(
            "kubectl",
            "-n",
            "bottle-system",
            "rollout",
            "status",
            "daemonset/bottle-agent",
            "--timeout=90s")
        .orThrow();

    LocalCluster.await().until(() -> cluster.guest("kept", "true").exitCode() == 0);
    assertThat(cluster.guest("kept", "pgrep", "-f", "sleep 100000").orThrow()).isEqualTo(process);
    assertThat(machine(status("kept")).bootId()).isEqualTo(machine(before).bootId());
    cluster.awaitReady("kept");
    delete("kept");
  }

  /** Case 47 of the list. kubelet starts the first successor at once, and the second after 10 s. */
  @Test
  void withADeadEgressNothingLeavesAndReadySaysSo() throws IOException {
    apply("orphaned", "egress: {allow: [origin.bottle.test]}");
    cluster.awaitReady("orphaned");
    assertThat(fetch("orphaned")).isZero();
    BottleStatus before = status("orphaned");
    String pod = Objects.requireNonNull(Objects.requireNonNull(before.bundle()).podUID());

    long first = egress(pod);
    cluster.host("kill", "-KILL", "" + first).orThrow();
    LocalCluster.await().until(() -> egress(pod) != first);
    cluster.host("kill", "-KILL", "" + egress(pod)).orThrow();
    LocalCluster.await().until(() -> NodeProcesses.egresses(pod).isEmpty());
    LocalCluster.await().until(() -> !isReady("orphaned"));

    long seen = origin.requestsTo("/edited");
    assertThat(fetch("orphaned")).isNotZero();
    assertThat(
            cluster
                .guest(
                    "orphaned",
                    "curl",
                    "-sS",
                    "--noproxy",
                    "*",
                    "--max-time",
                    "3",
                    "https://origin.bottle.test/edited")
                .exitCode())
        .isNotZero();
    assertThat(origin.requestsTo("/edited")).isEqualTo(seen);

    cluster.awaitReady("orphaned");
    assertThat(fetch("orphaned")).isZero();
    BottleStatus after = status("orphaned");
    assertThat(Objects.requireNonNull(after.bundle()).podUID()).isEqualTo(pod);
    assertThat(bundle(after)).isEqualTo(bundle(before));
    assertThat(machine(after).bootId()).isEqualTo(machine(before).bootId());
    delete("orphaned");
  }

  private static long egress(String pod) {
    return NodeProcesses.egresses(pod).getFirst().pid();
  }

  @Test
  void aReplacedPodIsNotReadyUntilItsOwnSealIsProven() {
    ready("replaced");
    BottleStatus before = status("replaced");
    cluster.guest("replaced", "sh", "-c", "echo kept > ~/file && sync").orThrow();

    cluster.kubectl("delete", "pod", Names.pod("replaced"), "--wait=true").orThrow();
    LocalCluster.await()
        .until(() -> {
          BottleStatus now = status("replaced");
          // Never Ready with the proof of the former Pod.
          boolean ready = isReady("replaced");
          if (ready && now.seal() != null && now.bundle() != null) {
            assertThat(now.seal().podUID()).isEqualTo(now.bundle().podUID());
          }
          return ready
              && !Objects.equals(
                  Objects.requireNonNull(now.bundle()).podUID(),
                  Objects.requireNonNull(before.bundle()).podUID());
        });

    assertThat(machine(status("replaced")).bootId()).isNotEqualTo(machine(before).bootId());
    assertThat(machines("replaced")).hasSize(1);
    assertThat(cluster.guest("replaced", "sh", "-c", "cat ~/file").orThrow()).isEqualTo("kept\n");
    delete("replaced");
  }

  @Test
  void aStoppedBottleKeepsItsDisk() {
    ready("paused");
    cluster.guest("paused", "sh", "-c", "echo kept > ~/file").orThrow();

    patch("paused", "{\"spec\":{\"running\":false}}");
    LocalCluster.await()
        .until(() ->
            machine(status("paused")).state() == MachineStatus.State.Stopped
                && condition("paused", ConditionType.Ready).getReason().equals("Stopped"));
    assertThat(machines("paused")).isEmpty();

    patch("paused", "{\"spec\":{\"running\":true}}");
    cluster.awaitReady("paused");
    assertThat(cluster.guest("paused", "sh", "-c", "cat ~/file").orThrow()).isEqualTo("kept\n");
    delete("paused");
  }

  @Test
  void deletionLeavesNothing() {
    ready("gone");
    Bottle bottle = cluster.bottle("gone");
    assertThat(machines("gone")).hasSize(1);
    NodeProcesses.Found machine = machines("gone").getFirst();
    String name = Names.machine(bottle.getMetadata().getUid());

    delete("gone");

    assertThat(machine.isAlive()).isFalse();
    // The Pod's binds go once its gate was told, a moment after the machine.
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(cluster.host("sh", "-c", "grep /run/bottle/ /proc/mounts || true").orThrow())
                .isEmpty());
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(
                    cluster
                        .kubectl(
                            "get",
                            "pods,configmaps,networkpolicies",
                            "-l",
                            "bottle.dev/bottle=gone",
                            "-o",
                            "name")
                        .orThrow())
                .isEmpty());
    assertThat(cluster.host("/var/lib/bottle/smolvm/current/smolvm", "--version").orThrow())
        .startsWith("smolvm 1.32.2");
    assertThat(
            new Shell(java.util.Map.of("SMOLVM_DATA_DIR", "/var/lib/bottle/machines"))
                .run("/var/lib/bottle/smolvm/current/smolvm", "machine", "ls", "--json")
                .orThrow())
        .doesNotContain(name);
  }

  @Test
  void aMissingPromptIsNamedAndHealsWhenItAppears() {
    apply("prompted", "agent: {prompt: {configMapKeyRef: {name: later-prompt, key: text}}}");
    LocalCluster.await()
        .untilAsserted(() -> {
          Condition provisioned = condition("prompted", ConditionType.Provisioned);
          assertThat(provisioned.getStatus()).isEqualTo("False");
          assertThat(provisioned.getReason()).isEqualTo("PromptMissing");
          assertThat(provisioned.getMessage()).contains("later-prompt");
        });
    cluster.kubectl("create", "configmap", "later-prompt", "--from-literal=text=hi").orThrow();
    cluster.awaitReady("prompted");
    delete("prompted");
  }

  private void ready(String name) {
    apply(name, "egress: {allow: []}");
    cluster.awaitReady(name);
  }

  private void apply(String name, String more) {
    cluster
        .apply(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: %s}
            spec:
              image: 10.98.0.1:5000/bottle/guest-debian:1
              machine: {cpus: 1, memory: 256Mi, disk: 1Gi}
              %s
            """
                .formatted(name, more))
        .orThrow();
  }

  private void patch(String name, String merge) {
    cluster.kubectl("patch", "bottle", name, "--type=merge", "-p", merge).orThrow();
  }

  private void delete(String name) {
    cluster.kubectl("delete", "bottle", name, "--timeout=120s").orThrow();
  }

  private int fetch(String name) {
    return cluster
        .guest(name, "curl", "-sS", "--max-time", "10", "https://origin.bottle.test/edited")
        .exitCode();
  }

  /** The microVM processes of this Bottle on this machine. */
  private List<NodeProcesses.Found> machines(String name) {
    String directory = cluster.machineDirectory(name);
    return NodeProcesses.machines().stream()
        .filter(machine -> machine.arguments().get(2).startsWith(directory))
        .toList();
  }

  private BottleStatus status(String name) {
    return Objects.requireNonNull(cluster.bottle(name).getStatus());
  }

  private static MachineStatus machine(BottleStatus status) {
    return Objects.requireNonNull(status.machine());
  }

  private static String bundle(BottleStatus status) {
    return Objects.requireNonNull(status.bundle()).policyHash() + "";
  }

  private boolean isReady(String name) {
    return condition(name, ConditionType.Ready).getStatus().equals("True");
  }

  private Condition condition(String name, ConditionType type) {
    return cluster.condition(name, type.name());
  }
}
