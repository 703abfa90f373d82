package dev.bottle.system.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.DeniedGitRequest;
import dev.bottle.crd.api.GitStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.names.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The guest's own git, and a host that it has no key for and no way to. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GitGateIT {
  private static final String BOTTLE = "pushing";

  /** Of the shape that gitleaks knows; nobody's. */
  private static final String SECRET = "AKIA" + "Z7QXWJ5RTN4KPV2M";

  /** In a clone: each pushes one new commit; prints how long each took. */
  private static final String SMALL_PUSHES =
      "for i in 1 2 3 4 5 6 7 8 9; do echo $i >>small; git add small; git commit -qm $i;"
          + " s=$(date +%s%N); git push -q origin HEAD:refs/heads/bottle/small-$(hostname)-$i;"
          + " echo $((($(date +%s%N) - s) / 1000000)); done | tr '\\n' ' '";

  private static final Logger LOG = LoggerFactory.getLogger(GitGateIT.class);

  private LocalCluster cluster;
  private GitUpstreamProcess upstream;

  @BeforeAll
  void applyOneBottle() throws IOException {
    cluster = new LocalCluster("git");
    upstream = new GitUpstreamProcess(cluster);
    cluster
        .kubectl(
            "create",
            "secret",
            "generic",
            "deploy-key",
            "--from-file=ssh-privatekey=" + upstream.identity())
        .orThrow();
    cluster
        .apply(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: %s}
            spec:
              image: 10.98.0.1:5000/bottle/guest-debian:1
              machine: {cpus: 1, memory: 512Mi, disk: 1Gi}
              agent:
                env:
                  - {name: GIT_CONFIG_COUNT, value: "2"}
                  - {name: GIT_CONFIG_KEY_0, value: user.name}
                  - {name: GIT_CONFIG_VALUE_0, value: Agent}
                  - {name: GIT_CONFIG_KEY_1, value: user.email}
                  - {name: GIT_CONFIG_VALUE_1, value: agent@example.org}
              git:
                upstreams:
                  - name: app
                    url: %s
                    identitySecretRef: {name: deploy-key, key: ssh-privatekey}
                    knownHosts: "%s"
            """
                .formatted(BOTTLE, upstream.url(), upstream.knownHosts()))
        .orThrow();
    cluster.awaitReady(BOTTLE);
  }

  @AfterAll
  void removeIt() {
    try {
      if (upstream != null) {
        upstream.close();
      }
    } finally {
      cluster.close();
    }
  }

  /** A script in a clone of its own. */
  private Shell.Result inClone(String script) {
    return cluster.guest(
        BOTTLE,
        "sh",
        "-c",
        "set -e; d=$(mktemp -d); git clone -q " + upstream.url() + " $d; cd $d; " + script);
  }

  @Test
  void theGuestClonesAndPushesByTheUpstreamsOwnUrl() {
    assertThat(inClone("cat README; git symbolic-ref HEAD").orThrow())
        .isEqualTo("of the upstream\nrefs/heads/main\n");
    inClone(
            "git checkout -q -b bottle/feature; echo done >work; git add work; git commit -qm work;"
                + " git push -q origin bottle/feature")
        .orThrow();
    assertThat(upstream.file("bottle/feature", "work")).isEqualTo("done\n");
    LOG.info(
        "nine small pushes in a row, milliseconds each: through git-gate {}, direct {}",
        inClone(SMALL_PUSHES).orThrow().strip(),
        upstream.direct(SMALL_PUSHES).strip());
    assertThat(cluster.condition(BOTTLE, ConditionType.RoutesReady.name()).getStatus())
        .isEqualTo("True");
    assertThat(cluster.condition(BOTTLE, ConditionType.BundleReady.name()).getMessage())
        .isEqualTo("egress and git-gate serve the current policy");
  }

  @Test
  void aRefThatTheBottleDoesNotNameIsRefusedAndToldOf() {
    String before = upstream.refs();
    Shell.Result pushed =
        inClone("echo x >>README; git commit -qam x; git push origin HEAD:refs/heads/main");
    assertThat(pushed.exitCode()).isNotZero();
    assertThat(pushed.errors()).contains("git-gate: ");
    assertThat(upstream.refs()).isEqualTo(before);
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(denied().lastDenied())
                .anySatisfy(denied -> {
                  assertThat(denied.upstream()).isEqualTo("app");
                  assertThat(denied.rule()).isEqualTo("RefNotAllowed");
                  assertThat(denied.ref()).isEqualTo("refs/heads/main");
                }));
  }

  @Test
  void aSecretDoesNotReachTheUpstreamAndIsToldOfByRuleAndFile() {
    String before = upstream.refs();
    Shell.Result pushed =
        inClone(
            "git checkout -q -b bottle/leak; echo 'aws_access_key_id = "
                + SECRET
                + "' >prod.env; git add prod.env; git commit -qm config; git push origin"
                + " bottle/leak");
    assertThat(pushed.exitCode()).isNotZero();
    assertThat(pushed.errors()).contains("git-gate: ").contains("prod.env").doesNotContain(SECRET);
    assertThat(upstream.refs()).isEqualTo(before);
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(denied().lastDenied())
                .extracting(DeniedGitRequest::file)
                .contains("prod.env"));
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(events()).contains("SecretInPush").contains("git-gate found a secret"));
    assertThat(cluster.kubectl("get", "bottle", BOTTLE, "-o", "yaml").orThrow())
        .doesNotContain(SECRET);
    assertThat(events()).doesNotContain(SECRET);
    assertThat(cluster.kubectl("logs", Names.pod(BOTTLE), "-c", "git-gate").orThrow())
        .doesNotContain(SECRET);
  }

  @Test
  void theGuestHasNeitherTheKeyNorAWayOfItsOwn() throws IOException {
    String line = Files.readAllLines(upstream.identity()).get(1);
    String guest =
        cluster
            .guest(
                BOTTLE,
                "sh",
                "-c",
                "env; cat /etc/bottle/* /run/bottle/* 2>/dev/null; find / -xdev -name"
                    + " '*id_ed25519*' -o -xdev -name ssh-privatekey; true")
            .orThrow();
    assertThat(guest)
        .contains("GIT_CONFIG_COUNT=")
        .doesNotContain(line)
        .doesNotContain("ssh-privatekey")
        .doesNotContain("id_ed25519");
    Shell.Result around =
        cluster.guest(
            BOTTLE,
            "sh",
            "-c",
            "GIT_CONFIG_COUNT=0 GIT_SSH_COMMAND='ssh -o ConnectTimeout=5' timeout 30 git ls-remote "
                + upstream.url());
    assertThat(around.exitCode()).isNotZero();
  }

  @Test
  void anUpstreamThatNobodyNamedIsRefused() {
    Shell.Result asked =
        cluster.guest(BOTTLE, "git", "ls-remote", "http://127.0.0.1:9418/another.git");
    assertThat(asked.exitCode()).isNotZero();
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(denied().lastDenied())
                .extracting(DeniedGitRequest::rule)
                .contains("UnknownUpstream"));
  }

  private GitStatus denied() {
    BottleStatus status = Objects.requireNonNull(cluster.bottle(BOTTLE).getStatus());
    return Objects.requireNonNull(status.git());
  }

  private String events() {
    return cluster.kubectl("get", "events", "-o", "yaml").orThrow();
  }
}
