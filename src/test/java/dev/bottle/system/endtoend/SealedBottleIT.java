package dev.bottle.system.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.names.Names;
import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** One Bottle, applied once: what its author, its agent and an admin find when it is Ready. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SealedBottleIT {
  private static final String PROMPT = "You are a careful reviewer.\nNever push to main.\n";

  private LocalCluster cluster;
  private OriginProcess origin;

  @BeforeAll
  void applyOneBottle() throws IOException {
    cluster = new LocalCluster("sealed");
    origin = new OriginProcess(cluster);
    cluster
        .kubectl("create", "secret", "generic", "prompt", "--from-literal=text=" + PROMPT)
        .orThrow();
    cluster
        .kubectl("create", "configmap", "review", "--from-literal=SKILL.md=# Review\n")
        .orThrow();
    cluster
        .apply(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: sealed}
            spec:
              image: 10.98.0.1:5000/bottle/guest-debian:1
              machine: {cpus: 1, memory: 512Mi, disk: 1Gi}
              agent:
                prompt: {secretKeyRef: {name: prompt, key: text}}
                skills: [{name: review, configMapRef: {name: review}}]
                env: [{name: GREETING, value: "hello, it's me"}]
              egress: {allow: [origin.bottle.test]}
            """)
        .orThrow();
    cluster.awaitReady("sealed");
  }

  @AfterAll
  void removeIt() {
    origin.close();
    cluster.close();
  }

  @Test
  void readyIsProvenForExactlyThisPodPolicyAndBoot() {
    var bottle = cluster.bottle("sealed");
    BottleStatus status = Objects.requireNonNull(bottle.getStatus());
    var pod =
        cluster
            .client()
            .pods()
            .inNamespace(cluster.namespace())
            .withName(Names.pod("sealed"))
            .get();
    var seal = Objects.requireNonNull(status.seal());
    var bundle = Objects.requireNonNull(status.bundle());
    var machine = Objects.requireNonNull(status.machine());
    assertThat(seal.podUID()).isEqualTo(pod.getMetadata().getUid()).isEqualTo(bundle.podUID());
    assertThat(seal.policyHash()).isEqualTo(bundle.policyHash());
    assertThat(seal.bootId()).isEqualTo(machine.bootId());
    assertThat(seal.probes())
        .isNotEmpty()
        .allSatisfy(probe -> assertThat(probe.verdict()).isEqualTo(ProbeResult.Verdict.Sealed));
    assertThat(seal.probes())
        .extracting(ProbeResult::name)
        .contains("interfaces", "routes", "loopback-9099", "proxy-nonce", "proxy-refusal");
    assertThat(status.observedGeneration()).isEqualTo(bottle.getMetadata().getGeneration());
    assertThat(Objects.requireNonNull(status.conditions()))
        .filteredOn(condition -> !condition.getType().equals(ConditionType.Stalled.name()))
        .hasSize(8)
        .allSatisfy(condition -> assertThat(condition.getStatus()).isEqualTo("True"));
  }

  @Test
  void theStatusSaysWhichRuntimeTheMachineHas() {
    var machine =
        Objects.requireNonNull(
            Objects.requireNonNull(cluster.bottle("sealed").getStatus()).machine());
    assertThat(machine.runtimeVersion()).startsWith("1.32.2");
  }

  @Test
  void columnsTellAnAdminWhatMatters() {
    String table = cluster.kubectl("get", "btl").orThrow();
    assertThat(table.lines().findFirst())
        .get()
        .asString()
        .matches("NAME +PHASE +READY +REASON +NODE +DENIED +PENDING +AGE *");
    assertThat(table).containsPattern("sealed +Running +True +Ready +\\S+");
  }

  @Test
  void aCommandRunsInTheGuestAsItsUserWithItsOutputAndExitCode() {
    assertThat(cluster.guest("sealed", "id", "-un").orThrow()).isEqualTo("node\n");
    var failing = cluster.guest("sealed", "sh", "-c", "echo out; echo err >&2; exit 7");
    assertThat(failing.output()).isEqualTo("out\n");
    assertThat(failing.errors()).contains("err");
    assertThat(failing.exitCode()).isEqualTo(7);
    assertThat(cluster.guest("sealed", "sh", "-c", "echo \"$GREETING\"").orThrow())
        .isEqualTo("hello, it's me\n");
  }

  @Test
  void thePromptOfASecretArrivesPrivate() {
    assertThat(
            cluster
                .guest("sealed", "stat", "-c", "%a %U", "/home/node/.claude-bottle-prompt.txt")
                .orThrow())
        .isEqualTo("600 node\n");
    assertThat(cluster.guest("sealed", "cat", "/home/node/.claude-bottle-prompt.txt").orThrow())
        .isEqualTo(PROMPT);
    assertThat(
            cluster.guest("sealed", "cat", "/home/node/.claude/skills/review/SKILL.md").orThrow())
        .isEqualTo("# Review\n");
  }

  @Test
  void theLauncherAddsThePrompt() {
    // A claude that prints its arguments, as the agent's user would install one.
    cluster
        .guest(
            "sealed",
            "sh",
            "-c",
            "mkdir -p ~/.local/bin && printf '#!/bin/sh\\necho \"$@\"\\n' > ~/.local/bin/claude &&"
                + " chmod +x ~/.local/bin/claude")
        .orThrow();
    assertThat(
            cluster
                .guest("sealed", "sh", "-c", "PATH=$HOME/.local/bin:$PATH bottle-claude -p hi")
                .orThrow())
        .isEqualTo("--append-system-prompt-file /home/node/.claude-bottle-prompt.txt -p hi\n");
  }

  @Test
  void anAllowedHostAnswersThroughTheBundleWithEveryTrustStore() throws IOException {
    assertThat(
            cluster
                .guest(
                    "sealed",
                    "curl",
                    "-sS",
                    "--max-time",
                    "20",
                    "https://origin.bottle.test/allowed")
                .orThrow())
        .contains("hello");
    // The system store, without the environment.
    assertThat(
            cluster
                .guest(
                    "sealed",
                    "env",
                    "-u",
                    "CURL_CA_BUNDLE",
                    "-u",
                    "SSL_CERT_FILE",
                    "curl",
                    "-sS",
                    "--max-time",
                    "20",
                    "https://origin.bottle.test/allowed")
                .orThrow())
        .contains("hello");
    assertThat(origin.requestsTo("/allowed")).isEqualTo(2);
  }

  @Test
  void anotherHostIsRefusedByTheProxyAndSeesNothing() throws IOException {
    var refused =
        cluster.guest(
            "sealed",
            "curl",
            "-sS",
            "-i",
            "--max-time",
            "20",
            "https://forbidden.bottle.test/refused");
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output()).contains(" 403 ");
    assertThat(origin.requestsTo("/refused")).isZero();
  }

  @Test
  void thereIsNoWayAroundTheProxy() throws IOException {
    // The origin listens on this machine: the host reaches it, the guest does not.
    assertThat(
            cluster
                .host(
                    "curl", "-sk", "--max-time", "10", "https://" + OriginProcess.ADDRESS + "/host")
                .exitCode())
        .isZero();
    assertThat(origin.requestsTo("/host")).isEqualTo(1);
    var direct =
        cluster.guest(
            "sealed",
            "curl",
            "-sk",
            "--noproxy",
            "*",
            "--max-time",
            "10",
            "https://" + OriginProcess.ADDRESS + "/direct");
    assertThat(direct.exitCode()).isEqualTo(7);
    assertThat(origin.requestsTo("/direct")).isZero();
    assertThat(
            cluster
                .guest(
                    "sealed",
                    "curl",
                    "-sk",
                    "--noproxy",
                    "*",
                    "--max-time",
                    "10",
                    "https://origin.bottle.test/direct")
                .exitCode())
        .isEqualTo(6);
  }

  @Test
  void theHealthPortListensInThePodAndIsRefusedInTheGuest() {
    // Otherwise the probe of 9099 would pass for a port on which nothing listens.
    String pod =
        cluster
            .host(
                "sh",
                "-c",
                "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline | grep -q"
                    + " 'dev.bottle.bundle.egress.EgressMain' && grep -ih ':238B ' $p/net/tcp"
                    + " $p/net/tcp6; done")
            .output();
    assertThat(pod).contains("0100007F:238B").doesNotContain("00000000:238B");
    assertThat(
            cluster
                .guest("sealed", "curl", "-s", "--noproxy", "*", "http://127.0.0.1:9099/healthz")
                .exitCode())
        .isEqualTo(7);
  }

  @Test
  void neitherOperatorNorAgentMayReadSecretsAndNobodyEntersAnotherContainer() {
    for (String account : new String[] {"bottle-operator", "bottle-agent"}) {
      String identity = "--as=system:serviceaccount:bottle-system:" + account;
      assertThat(
              cluster
                  .kubectl("auth", "can-i", "get", "secrets", "--all-namespaces", identity)
                  .output())
          .startsWith("no");
      assertThat(
              cluster
                  .kubectl("auth", "can-i", "list", "secrets", "--all-namespaces", identity)
                  .output())
          .startsWith("no");
    }
    String pod = Names.pod("sealed");
    var exec = cluster.kubectl("exec", pod, "-c", "egress", "--", "/usr/bin/bottle", "health", "x");
    assertThat(exec.exitCode()).isNotZero();
    assertThat(exec.errors()).contains("denied").contains("gate");
    var attach = cluster.kubectl("attach", pod, "-c", "egress");
    assertThat(attach.errors()).contains("denied");
    var forward = cluster.kubectl("port-forward", "pod/" + pod, "19099:9099");
    assertThat(forward.exitCode()).isNotZero();
    assertThat(forward.errors()).contains("denied");
  }

  @Test
  void noDaemonHasATokenOfTheApiServer() {
    var pod =
        cluster
            .client()
            .pods()
            .inNamespace(cluster.namespace())
            .withName(Names.pod("sealed"))
            .get();
    assertThat(pod.getSpec().getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getSpec().getContainers())
        .allSatisfy(container ->
            assertThat(container.getVolumeMounts())
                .noneMatch(mount -> mount.getMountPath().startsWith("/var/run/secrets")));
  }
}
