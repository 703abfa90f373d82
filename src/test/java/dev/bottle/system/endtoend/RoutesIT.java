package dev.bottle.system.endtoend;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.bottle.crd.api.DeniedHost;
import dev.bottle.crd.api.EgressStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.api.model.Condition;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Credentials that the guest uses and never holds. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RoutesIT {
  private static final String BOTTLE = "routed";
  private static final String ORIGIN = "https://" + OriginProcess.ALLOWED;
  private static final String FORGE = token();

  private LocalCluster cluster;
  private OriginProcess origin;

  @BeforeAll
  void applyOneBottle() throws IOException {
    cluster = new LocalCluster("routes");
    origin = new OriginProcess(cluster);
    secret("create", "forge", FORGE);
    secret("create", "rotated", token());
    cluster
        .apply(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: routed}
            spec:
              image: 10.98.0.1:5000/bottle/guest-debian:1
              machine: {cpus: 1, memory: 256Mi, disk: 1Gi}
              egress:
                routes:
                  - host: origin.bottle.test
                    paths: [/v1]
                    auth: {type: Bearer, secretKeyRef: {name: forge, key: token}}
                  - host: origin.bottle.test
                    paths: [/later]
                    auth: {type: Header, header: X-Later-Key, secretKeyRef: {name: later, key: token}}
                  - host: origin.bottle.test
                    paths: [/rotated]
                    auth: {type: Basic, username: robot, secretKeyRef: {name: rotated, key: token}}
            """)
        .orThrow();
    // Although the Secret "later" does not exist.
    cluster.awaitReady(BOTTLE);
  }

  @AfterAll
  void removeIt() {
    origin.close();
    cluster.close();
  }

  @Test
  void theOriginSeesTheRealTokenAndTheGuestAMask() throws IOException {
    String echoed =
        cluster
            .guest(
                BOTTLE,
                "curl",
                "-sS",
                "--fail-with-body",
                "-H",
                "Authorization: Bearer of-the-guest",
                "-H",
                "X-Api-Key: of-the-guest",
                ORIGIN + "/v1/echo")
            .orThrow();

    Map<String, List<String>> seen = origin.headersOf("/v1/echo");
    assertThat(seen).containsEntry("authorization", List.of("Bearer " + FORGE));
    assertThat(seen).doesNotContainKey("x-api-key");
    assertThat(echoed).contains("Bearer " + "*".repeat(FORGE.length())).doesNotContain(FORGE);
  }

  @Test
  void theTokenIsNowhereButInItsSecret() throws IOException {
    // What is used, refused and logged is what could show it.
    assertThat(status("/v1/used")).isEqualTo("200");
    assertThat(status("/nowhere")).isEqualTo("403");
    assertThat(origin.headersOf("/v1/used").get("authorization"))
        .containsExactly("Bearer " + FORGE);

    byte[] guest = guest();
    assertThat(occurrences(guest, "marker-of-a-file")).isPositive();
    assertThat(occurrences(guest, "marker-of-an-environment")).isPositive();
    assertThat(occurrences(guest, "marker-of-an-argument")).isPositive();
    byte[] objects = objects();
    assertThat(occurrences(objects, "EGRESS_TOKEN_")).isPositive();
    assertThat(occurrences(objects, "\"kind\": \"Event\"")).isPositive();
    byte[] logs = logs();
    assertThat(occurrences(logs, "RequestNotAllowed")).isPositive();

    for (String spelling : spellings(FORGE)) {
      assertThat(occurrences(guest, spelling)).as("in the guest").isZero();
      assertThat(occurrences(objects, spelling)).as("in an object").isZero();
      assertThat(occurrences(logs, spelling)).as("in a log").isZero();
    }
  }

  @Test
  void aMissingSecretIsNamedAndItsRouteAnswers503UntilItIsThere() throws IOException {
    LocalCluster.await()
        .untilAsserted(() -> {
          Condition routes = cluster.condition(BOTTLE, ConditionType.RoutesReady.name());
          assertThat(routes.getStatus()).isEqualTo("False");
          assertThat(routes.getReason()).isEqualTo("SecretMissing");
          assertThat(routes.getMessage()).startsWith("key token of Secret later:");
        });
    assertThat(cluster.condition(BOTTLE, ConditionType.Ready.name()).getStatus()).isEqualTo("True");
    assertThat(status("/later/asked")).isEqualTo("503");
    assertThat(cluster.guest(BOTTLE, "curl", "-sS", ORIGIN + "/later/asked").orThrow())
        .contains("\"reason\":\"SecretMissing\"");
    assertThat(origin.requestsTo("/later/asked")).isZero();
    assertThat(status("/v1/lives")).isEqualTo("200");

    String later = token();
    secret("create", "later", later);

    within(Duration.ofSeconds(90)).until(() -> status("/later/asked").equals("200"));
    assertThat(origin.headersOf("/later/asked")).containsEntry("x-later-key", List.of(later));
    LocalCluster.await()
        .untilAsserted(() -> {
          Condition routes = cluster.condition(BOTTLE, ConditionType.RoutesReady.name());
          assertThat(routes.getReason()).isEqualTo("CredentialsPresent");
        });
  }

  @Test
  void aRotatedTokenIsUsedSecondsAfterABumpOfThePodsAnnotation() throws IOException {
    assertThat(status("/rotated/before")).isEqualTo("200");
    String pod = pod();
    String next = token();
    secret("replace", "rotated", next);
    cluster
        .kubectl("annotate", "pod", Names.pod(BOTTLE), "--overwrite", "bottle.dev/tokens=rotated")
        .orThrow();

    String basic =
        "Basic " + Base64.getEncoder().encodeToString(("robot:" + next).getBytes(US_ASCII));
    within(Duration.ofSeconds(10))
        .until(() ->
            status("/rotated/after").equals("200")
                && List.of(basic).equals(origin.headersOf("/rotated/after").get("authorization")));
    assertThat(pod()).isEqualTo(pod);
  }

  @Test
  void anEditOfTheRoutesIsLiveInTheSamePod() throws IOException {
    String pod = pod();
    assertThat(status("/edited/path")).isEqualTo("403");

    cluster
        .kubectl(
            "patch",
            "bottle",
            BOTTLE,
            "--type=json",
            "-p",
            "[{\"op\":\"add\",\"path\":\"/spec/egress/routes/0/paths/-\",\"value\":\"/edited\"}]")
        .orThrow();

    LocalCluster.await().until(() -> status("/edited/path").equals("200"));
    assertThat(origin.headersOf("/edited/path"))
        .containsEntry("authorization", List.of("Bearer " + FORGE));
    cluster.awaitReady(BOTTLE);
    assertThat(pod()).isEqualTo(pod);
  }

  @Test
  void whatIsRefusedIsInTheStatus() {
    var refused =
        cluster.guest(BOTTLE, "curl", "-sS", "https://" + OriginProcess.FORBIDDEN + "/refused");
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.errors()).contains("403");

    LocalCluster.await()
        .untilAsserted(() -> {
          EgressStatus egress =
              Objects.requireNonNull(
                  Objects.requireNonNull(cluster.bottle(BOTTLE).getStatus()).egress());
          assertThat(egress.denied()).isPositive();
          assertThat(egress.lastDenied())
              .filteredOn(denied -> denied.host().equals(OriginProcess.FORBIDDEN))
              .extracting(DeniedHost::port, DeniedHost::rule)
              .containsExactly(tuple(443, "HostNotAllowed"));
        });
    assertThat(cluster.kubectl("get", "bottle", BOTTLE).orThrow())
        .containsPattern("Running +True +Ready +\\S+ +[1-9][0-9]* ");
  }

  private String status(String path) {
    return cluster
        .guest(
            BOTTLE,
            "curl",
            "-sS",
            "--max-time",
            "10",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            ORIGIN + path)
        .orThrow();
  }

  private String pod() {
    return Objects.requireNonNull(
        Objects.requireNonNull(Objects.requireNonNull(cluster.bottle(BOTTLE).getStatus()).bundle())
            .podUID());
  }

  private void secret(String verb, String name, String value) {
    String manifest =
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: %s, namespace: %s}
        stringData: {token: %s}
        """
            .formatted(name, cluster.namespace(), value);
    cluster.kubectlWithInput(manifest, verb, "-f", "-").orThrow();
  }

  /**
   * Files, environments and arguments of the guest as its user and its root see them, and markers.
   */
  private byte[] guest() {
    cluster
        .guest(
            BOTTLE,
            "sh",
            "-c",
            "echo marker-of-a-file > ~/marker; MARKER=marker-of-an-environment nohup sh -c 'sleep"
                + " 600; : marker-of-an-argument' > /dev/null 2>&1 &")
        .orThrow();
    String look =
        "{ cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline; find /home /root /etc /run /tmp /var/tmp"
            + " -xdev -type f -exec cat {} +; } 2>/dev/null | base64 -w 0";
    String user = cluster.guest(BOTTLE, "sh", "-c", look).orThrow();
    String root =
        new Shell(Map.of("SMOLVM_DATA_DIR", "/var/lib/bottle/machines"))
            .run(
                "/var/lib/bottle/smolvm/current/smolvm",
                "machine",
                "exec",
                "--name",
                Names.machine(cluster.bottle(BOTTLE).getMetadata().getUid()),
                "--",
                "sh",
                "-c",
                look)
            .orThrow();
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(Base64.getDecoder().decode(user.strip()));
    both.writeBytes(Base64.getDecoder().decode(root.strip()));
    return both.toByteArray();
  }

  /** Every object of the namespace but its Secrets. */
  private byte[] objects() {
    List<String> kinds =
        cluster
            .kubectl("api-resources", "--namespaced", "--verbs=list", "-o", "name")
            .orThrow()
            .lines()
            .filter(kind -> !kind.equals("secrets"))
            .toList();
    assertThat(kinds).contains("pods", "configmaps", "events", "bottles.bottle.dev");
    StringBuilder all = new StringBuilder();
    kinds.forEach(kind -> all.append(cluster.kubectl("get", kind, "-o", "json").orThrow()));
    return all.toString().getBytes(ISO_8859_1);
  }

  private byte[] logs() {
    String bundle =
        cluster.kubectl("logs", Names.pod(BOTTLE), "--all-containers", "--tail=-1").orThrow();
    String system =
        cluster
            .host(
                "kubectl",
                "-n",
                Names.SYSTEM_NAMESPACE,
                "logs",
                "-l",
                "app.kubernetes.io/part-of=bottle",
                "--all-containers",
                "--tail=-1")
            .orThrow();
    assertThat(system).isNotBlank();
    return (bundle + system).getBytes(ISO_8859_1);
  }

  private static List<String> spellings(String token) {
    byte[] bytes = token.getBytes(US_ASCII);
    return List.of(
        token,
        Base64.getEncoder().withoutPadding().encodeToString(bytes),
        HexFormat.of().formatHex(bytes));
  }

  private static int occurrences(byte[] in, String text) {
    return new String(in, ISO_8859_1).split(Pattern.quote(text), -1).length - 1;
  }

  /** 48 characters: Base64 of it has no padding, so every part of it would be found. */
  private static String token() {
    return "tok_" + UUID.randomUUID().toString().replace("-", "") + "0123456789ab";
  }

  private static ConditionFactory within(Duration time) {
    return Awaitility.await().atMost(time).pollInterval(Duration.ofMillis(500)).ignoreExceptions();
  }
}
