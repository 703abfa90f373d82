package dev.bottle.system.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.MachineStatus;
import io.fabric8.kubernetes.api.model.Condition;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A wall that is broken while the machine runs: the machine does not outlive it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SealWatchIT {
  private LocalCluster cluster;

  @BeforeAll
  void start() throws IOException {
    cluster = new LocalCluster("watched");
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  @Test
  void aNetworkInterfaceInTheMachinesNamespaceKillsIt() {
    cluster
        .apply(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: leaking}
            spec:
              image: 10.98.0.1:5000/bottle/guest-debian:1
              machine: {cpus: 1, memory: 256Mi, disk: 1Gi}
            """)
        .orThrow();
    cluster.awaitReady("leaking");
    NodeProcesses.Found machine =
        NodeProcesses.machines().stream()
            .filter(found -> found.arguments().get(2).startsWith(dataDirectory()))
            .findFirst()
            .orElseThrow();

    cluster
        .host(
            "ip",
            "link",
            "add",
            "bottle-leak",
            "type",
            "veth",
            "peer",
            "name",
            "leak0",
            "netns",
            Long.toString(machine.pid()))
        .orThrow();

    // Half a second until it is seen; the rest is this machine's load.
    Awaitility.await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(2))
        .until(() -> !machine.isAlive());
    LocalCluster.await()
        .untilAsserted(() -> {
          Condition sealed = cluster.condition("leaking", "EgressSealed");
          assertThat(sealed.getStatus()).isEqualTo("False");
          assertThat(sealed.getReason()).isEqualTo("HostFactMismatch");
          assertThat(sealed.getMessage()).contains("host-network-namespace").contains("leak0");
          assertThat(cluster.condition("leaking", "Ready").getStatus()).isEqualTo("False");
          assertThat(
                  Objects.requireNonNull(
                          Objects.requireNonNull(cluster.bottle("leaking").getStatus()).machine())
                      .state())
              .isEqualTo(MachineStatus.State.Failed);
        });
    assertThat(cluster.kubectl("get", "events").orThrow()).contains("HostFactMismatch");
    cluster.kubectl("delete", "bottle", "leaking", "--timeout=120s").orThrow();
  }

  private String dataDirectory() {
    return cluster.machineDirectory("leaking");
  }
}
