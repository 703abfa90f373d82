package dev.bottle.system.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Eight Bottles at once while their node agent is killed again and again, wherever it happens to
 * be. The seed is printed; {@code -Dbottle.chaos-seed} repeats a run's pauses.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentChaosIT {
  private static final int BOTTLES = 8;
  private static final int KILLS = 20;
  private static final int LONGEST_PAUSE_MILLIS = 4000;

  private final AtomicReference<String> doubled = new AtomicReference<>("");
  private final AtomicBoolean watching = new AtomicBoolean(true);
  private LocalCluster cluster;

  @BeforeAll
  void start() throws IOException {
    cluster = new LocalCluster("chaos");
  }

  @AfterAll
  void stop() {
    watching.set(false);
    cluster.close();
  }

  @Test
  void everyBottleIsReadyWithOneMachineAndNothingIsLeftBehind() throws InterruptedException {
    long seed = Long.getLong("bottle.chaos-seed", System.nanoTime());
    System.out.println("bottle.chaos-seed=" + seed);
    Random random = new Random(seed);
    List<String> names = IntStream.range(0, BOTTLES).mapToObj(i -> "chaos-" + i).toList();
    Thread watch = Thread.ofVirtual().start(this::watchForDoubles);

    cluster
        .apply(names.stream().map(AgentChaosIT::manifest).collect(Collectors.joining("---\n")))
        .orThrow();
    for (int kill = 0; kill < KILLS; kill++) {
      Thread.sleep(random.nextInt(LONGEST_PAUSE_MILLIS));
      killTheAgent();
    }

    names.forEach(cluster::awaitReady);
    assertThat(machinesOf(names)).hasSize(BOTTLES);
    assertThat(doubled.get()).isEmpty();

    cluster.kubectl("delete", "bottles", "--all", "--timeout=150s").orThrow();
    watching.set(false);
    watch.join();
    for (String directory : directories) {
      assertThat(NodeProcesses.machines())
          .noneMatch(machine -> machine.arguments().get(2).startsWith(directory));
    }
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(
                    cluster.host("sh", "-c", "grep ' /run/bottle/' /proc/mounts || true").orThrow())
                .isEmpty());
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    cluster
                        .host("sh", "-c", "find /sys/fs/cgroup -type d -name bottle-vm || true")
                        .orThrow())
                .isEmpty());
  }

  private List<String> directories = List.of();

  private List<NodeProcesses.Found> machinesOf(List<String> names) {
    directories = names.stream().map(cluster::machineDirectory).toList();
    return NodeProcesses.machines().stream()
        .filter(machine -> directories.stream().anyMatch(machine.arguments().get(2)::startsWith))
        .toList();
  }

  /** The process dies at once; its Pod goes, too, so that kubelet's back-off does not grow. */
  private void killTheAgent() {
    for (NodeProcesses.Found agent : NodeProcesses.agents()) {
      cluster.host("kill", "-9", Long.toString(agent.pid()));
    }
    cluster
        .host(
            "kubectl",
            "-n",
            "bottle-system",
            "delete",
            "pod",
            "-l",
            "app.kubernetes.io/component=agent",
            "--grace-period=0",
            "--force",
            "--wait=false")
        .orThrow();
    LocalCluster.await().until(() -> !NodeProcesses.agents().isEmpty());
  }

  /**
   * Two looks: the stand-in's monitor starts programs, and a child that was forked and has not
   * executed its program yet bears its parent's arguments for a moment.
   */
  private void watchForDoubles() {
    Set<NodeProcesses.Found> former = new HashSet<>();
    try {
      while (watching.get()) {
        Set<NodeProcesses.Found> now = doubles(NodeProcesses.machines());
        former.retainAll(now);
        Set<NodeProcesses.Found> lasting = doubles(former);
        if (!lasting.isEmpty()) {
          doubled.set(lasting.toString());
        }
        former = now;
        Thread.sleep(50);
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /** Of these the monitors of machines that have more than one. */
  private static Set<NodeProcesses.Found> doubles(Collection<NodeProcesses.Found> monitors) {
    return monitors.stream()
        .collect(Collectors.groupingBy(found -> found.arguments().get(2)))
        .values()
        .stream()
        .filter(same -> same.size() > 1)
        .flatMap(List::stream)
        .collect(Collectors.toCollection(HashSet::new));
  }

  private static String manifest(String name) {
    return """
    apiVersion: bottle.dev/v1alpha1
    kind: Bottle
    metadata: {name: %s}
    spec:
      image: 10.98.0.1:5000/bottle/guest-debian:1
      machine: {cpus: 1, memory: 128Mi, disk: 1Gi}
    """
        .formatted(name);
  }
}
