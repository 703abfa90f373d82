package dev.bottle.system.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.api.model.Condition;
import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * A Bottle with the real pipelock, where {@code PIPELOCK_IMAGE} names an image that the cluster can
 * pull. What needs none runs everywhere.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PipelockIT {
  private static final String BOTTLE = "behind-pipelock";
  private static final String ORIGIN = "https://" + OriginProcess.ALLOWED;

  /** 62 different characters: an entropy of 5.95, and pipelock allows 5. */
  private static final String RANDOM =
      "q7Zk2VwXe9RbTnYm4HsLp0CdGfJuAi5QxOoW1Sr8EyNhBtKvM6gUzPj3FlDaIc";

  private LocalCluster cluster;
  private OriginProcess origin;

  @BeforeAll
  void applyOneBottle() throws IOException {
    cluster = new LocalCluster("pipelock");
    origin = new OriginProcess(cluster);
    cluster
        .apply(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: behind-pipelock}
            spec:
              image: 10.98.0.1:5000/bottle/guest-debian:1
              machine: {cpus: 1, memory: 512Mi, disk: 1Gi}
              egress: {allow: [origin.bottle.test], inspection: Pipelock}
            """)
        .orThrow();
  }

  @AfterAll
  void removeIt() {
    origin.close();
    cluster.close();
  }

  @Test
  @Order(1)
  void withoutAnImageNothingRunsAndTheRemedyIsSaid() {
    LocalCluster.await()
        .untilAsserted(() -> {
          Condition prepared = cluster.condition(BOTTLE, ConditionType.Prepared.name());
          assertThat(prepared.getReason()).isEqualTo("PipelockImageMissing");
          assertThat(prepared.getMessage()).contains("pipelockImage", "bottle-admin");
        });
    assertThat(cluster.kubectl("get", "pod", Names.pod(BOTTLE)).exitCode()).isNotZero();
  }

  @Test
  @Order(2)
  void theRealPipelockServesRefusesAndIsMissedWhenItHangs() throws IOException {
    String image = System.getenv("PIPELOCK_IMAGE");
    assumeTrue(
        image != null && !image.isBlank(),
        "SKIPPED: PIPELOCK_IMAGE names no image, so nothing was shown of the real pipelock");
    name(Objects.requireNonNull(image));
    cluster.awaitReady(BOTTLE);

    for (int i = 0; i < 10; i++) {
      assertThat(sh("curl -sS -o /dev/null -w '%{http_code}' " + ORIGIN + "/served/" + i))
          .isEqualTo("200");
      assertThat(origin.requestsTo("/served/" + i)).isEqualTo(1);
    }

    // Builtin looks at no entropy of paths: this is pipelock's.
    assertThat(sh("curl -sS " + ORIGIN + "/" + RANDOM))
        .contains("\"reason\":\"PipelockRefused\"", "\"rule\":\"PipelockBlocked\"");
    assertThat(origin.requestsTo("/" + RANDOM)).isZero();
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(Objects.requireNonNull(cluster.bottle(BOTTLE).getStatus()).egress())
                .satisfies(egress -> assertThat(egress.toString()).contains("PipelockRefused")));

    String pod =
        cluster
            .kubectl("get", "pod", Names.pod(BOTTLE), "-o", "jsonpath={.metadata.uid}")
            .orThrow();
    String pipelock = Long.toString(NodeProcesses.pipelocks(pod).getFirst().pid());
    cluster.host("kill", "-STOP", pipelock).orThrow();
    try {
      LocalCluster.await()
          .untilAsserted(() ->
              assertThat(cluster.condition(BOTTLE, ConditionType.BundleReady.name()).getReason())
                  .isEqualTo("PipelockUnavailable"));
      assertThat(sh("curl -sS " + ORIGIN + "/hung")).contains("\"reason\":\"PipelockUnavailable\"");
      assertThat(origin.requestsTo("/hung")).isZero();
    } finally {
      cluster.host("kill", "-CONT", pipelock).orThrow();
    }
    cluster.awaitReady(BOTTLE);
    assertThat(sh("curl -sS -o /dev/null -w '%{http_code}' " + ORIGIN + "/again")).isEqualTo("200");
  }

  /** Beside what the origin's process has said in the same document. */
  private void name(String image) {
    var maps = cluster.client().configMaps().inNamespace(Names.SYSTEM_NAMESPACE);
    maps.withName(Names.ADMIN_CONFIG_MAP)
        .edit(map -> {
          map.getData()
              .merge(
                  Names.ADMIN_CONFIG_KEY,
                  "pipelockImage: " + image + "\n",
                  (before, line) -> before.stripTrailing() + "\n" + line);
          return map;
        });
  }

  private String sh(String script) {
    return cluster.guest(BOTTLE, "sh", "-c", script).orThrow();
  }
}
