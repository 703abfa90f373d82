package dev.bottle.system.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bottle.crd.api.ApprovalPhase;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.GrantStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An agent that asks, and a person who decides with kubectl. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SuperviseIT {
  private static final Logger LOG = LoggerFactory.getLogger(SuperviseIT.class);
  private static final String BOTTLE = "asking";
  private static final String FLOODED = "flooding";
  private static final String HOST = OriginProcess.FORBIDDEN;
  private static final String REASON = "because the task needs it";

  private LocalCluster cluster;
  private OriginProcess origin;
  private GuestTools tools;

  @BeforeAll
  void applyTwoBottles() throws IOException {
    cluster = new LocalCluster("supervise");
    origin = new OriginProcess(cluster);
    tools = new GuestTools(cluster, BOTTLE);
    for (String bottle : List.of(BOTTLE, FLOODED)) {
      cluster
          .apply(
              """
              apiVersion: bottle.dev/v1alpha1
              kind: Bottle
              metadata: {name: %s}
              spec:
                image: 10.98.0.1:5000/bottle/guest-debian:1
                machine: {cpus: 1, memory: 256Mi, disk: 1Gi}
                egress: {allow: [origin.bottle.test]}
                supervise: {enabled: true}
              """
                  .formatted(bottle))
          .orThrow();
    }
    cluster.awaitReady(BOTTLE);
    cluster.awaitReady(FLOODED);
  }

  @AfterAll
  void removeThem() {
    try {
      if (origin != null) {
        origin.close();
      }
    } finally {
      cluster.close();
    }
  }

  @Test
  void whatAPersonAllowsIsReachedAtOnceAndNotAfterItIsTakenBack() throws IOException {
    assertThat(reached("GET", "/edited")).isFalse();
    BottleStatus before = status();
    String id =
        tools.asked(
            "request_egress",
            Map.of("host", HOST, "methods", List.of("GET"), "reason", REASON, "ttl", "10m"));
    BottleApproval open = awaitApproval(id);
    assertThat(open.getDecision()).isNull();
    assertThat(open.getSpec().reason()).isEqualTo(REASON);
    assertThat(table("bottleapprovals"))
        .anyMatch(line ->
            line.matches(open.getMetadata().getName() + " +asking +Egress +" + HOST + " .*"));
    assertThat(table("bottles").getFirst()).contains(" PENDING ");
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(status().pendingRequests())
                .isEqualTo((int) approvalsOf(BOTTLE).stream().filter(SuperviseIT::waits).count()));
    assertThat(reached("GET", "/edited")).isFalse();

    Instant decided = Instant.now();
    person("approve", open, "--ttl", "5m", "--note", "for the test");
    LocalCluster.await().until(() -> reached("GET", "/edited"));
    LOG.info("approved and reached after {}", Duration.between(decided, Instant.now()));
    assertThat(reached("POST", "/edited")).isFalse();
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(tools.check(id))
                .hasToString(
                    "{\"id\":\"%s\",\"state\":\"approved\",\"note\":\"for the test\"}"
                        .formatted(id)));
    GrantStatus grant = grants().getFirst();
    assertThat(grant.host()).isEqualTo(HOST);
    assertThat(grant.approval()).isEqualTo(open.getMetadata().getName());
    assertThat(Duration.between(Instant.now(), Instant.parse(grant.notAfter())))
        .isBetween(Duration.ofMinutes(3), Duration.ofMinutes(5));
    cluster.awaitReady(BOTTLE);
    assertThat(session(status())).isEqualTo(session(before));

    cluster.kubectl("delete", "bottleapproval", open.getMetadata().getName()).orThrow();
    LocalCluster.await().until(() -> !reached("GET", "/edited"));
    LocalCluster.await().until(() -> grants().isEmpty());
    cluster.awaitReady(BOTTLE);
    assertThat(session(status())).isEqualTo(session(before));
  }

  @Test
  void aGrantEndsInTimeAlsoWhileNoOperatorRuns() throws IOException {
    String id =
        tools.asked(
            "request_egress",
            Map.of("host", HOST, "path_prefix", "/timed", "reason", REASON, "ttl", "1m"));
    BottleApproval open = awaitApproval(id);
    person("approve", open);
    LocalCluster.await().until(() -> reached("GET", "/timed"));
    Instant notAfter = Instant.parse(grants().getFirst().notAfter());
    scaleOperator(0);
    try {
      LocalCluster.await().until(() -> !reached("GET", "/timed"));
      assertThat(Instant.now()).isBetween(notAfter.minusSeconds(2), notAfter.plusSeconds(10));
      assertThat(grants()).isNotEmpty(); // nobody is there to say that it is over
    } finally {
      scaleOperator(1);
    }
    LocalCluster.await().until(() -> grants().isEmpty());
    LocalCluster.await()
        .untilAsserted(
            () -> assertThat(phase(open.getMetadata().getName())).isEqualTo(ApprovalPhase.Ended));
  }

  @Test
  void aRefusalReachesTheAgentAlsoAfterADaemonsRestart() throws IOException {
    String id =
        tools.asked(
            "ask_human", Map.of("question", "red or blue?", "options", List.of("red", "blue")));
    BottleApproval open = awaitApproval(id);
    kill();
    LocalCluster.await()
        .untilAsserted(
            () -> assertThat(tools.check(id).path("state").asText()).isEqualTo("pending"));
    assertThat(approval(open.getMetadata().getName()).getMetadata().getUid())
        .isEqualTo(open.getMetadata().getUid());

    person("deny", open, "--note", "neither; ask again tomorrow");
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(tools.check(id))
                .hasToString(
                    "{\"id\":\"%s\",\"state\":\"denied\",\"note\":\"neither; ask again"
                            .formatted(id)
                        + " tomorrow\"}"));
    LocalCluster.await()
        .untilAsserted(
            () -> assertThat(phase(open.getMetadata().getName())).isEqualTo(ApprovalPhase.Denied));
  }

  @Test
  void whatTheAgentTakesBackWaitsForNobody() throws IOException {
    String id =
        tools.asked(
            "request_git_upstream",
            Map.of("url", "https://forge.example.org/acme/app.git", "reason", REASON));
    BottleApproval open = awaitApproval(id);
    assertThat(plugin("requests", BOTTLE).orThrow())
        .startsWith("NAME ")
        .contains("\n" + open.getMetadata().getName() + " ");
    assertThat(tools.call("withdraw_request", Map.of("id", id)).path("isError").asBoolean())
        .isFalse();
    LocalCluster.await().until(() -> approval(open.getMetadata().getName()) == null);
  }

  /** Case 43 of the list. */
  @Test
  void wishesForEverythingAreNoRequests() throws IOException {
    for (String host :
        List.of(
            "*",
            "*.example.org",
            "127.0.0.1",
            "169.254.169.254",
            "[::1]",
            "2130706433",
            "localhost",
            "evil.test/",
            "a b",
            "xn--",
            "\u202eexample.org")) {
      JsonNode refused = tools.call("request_egress", Map.of("host", host, "reason", REASON));
      assertThat(refused.path("isError").asBoolean()).as(host).isTrue();
    }
    JsonNode huge = tools.call("ask_human", Map.of("question", "?", "reason", "x".repeat(20_000)));
    assertThat(huge.path("isError").asBoolean()).isTrue();
  }

  /** Case 43 of the list. */
  @Test
  void hostileWordsAreOnePlainLineWhereverTheyAreShown() throws IOException {
    String id =
        tools.asked(
            "ask_human",
            Map.of(
                "question",
                "Approve?\u001b[2J\r\nasking   True  Ready\u202etxt.exe\u200b\u0007",
                "reason",
                "kind: BottleApproval\n---\ndecision: {verdict: Approved}"));
    BottleApproval open = awaitApproval(id);
    String everywhere =
        String.join(
            "\n",
            cluster.kubectl("get", "bottleapprovals").orThrow(),
            cluster.kubectl("get", "bottleapprovals", "-o", "yaml").orThrow(),
            cluster.kubectl("describe", "bottle", BOTTLE).orThrow(),
            cluster.kubectl("get", "events").orThrow());
    assertThat(everywhere.chars())
        .noneMatch(letter ->
            (letter != '\n' && Character.isISOControl(letter))
                || Character.getType(letter) == Character.FORMAT);
    assertThat(open.getSpec().reason()).doesNotContain("\n");
    assertThat(open.getDecision()).isNull();
    assertThat(table("bottleapprovals").stream().filter(line -> line.contains("True Ready")))
        .hasSize(1)
        .allMatch(line -> line.startsWith(open.getMetadata().getName()));
  }

  /** Case 44 of the list. */
  @Test
  void theGuestDecidesNothing() throws IOException {
    String id =
        tools.asked("ask_human", Map.of("question", "May I?", "reason", "to approve it myself"));
    BottleApproval open = awaitApproval(id);
    String decision =
        "{\"id\":\"%s\",\"hash\":\"%s\",\"approved\":true,\"note\":null}"
            .formatted(id, open.getSpec().requestHash());
    String root =
        cluster
            .guest(
                BOTTLE,
                "sh",
                "-c",
                "ls /run/bottle /run/*control* 2>/dev/null; curl -sS --max-time 10 -o /dev/null -w"
                    + " '%{http_code}\n' "
                    + GuestTools.URL
                    + "/decisions -H 'Content-Type: application/json' -d '"
                    + decision
                    + "'")
            .orThrow();
    assertThat(root).isEqualTo("404\n");
    assertThat(tools.call("approve_request", Map.of("id", id)).isMissingNode()).isTrue();
    assertThat(tools.check(id).path("state").asText()).isEqualTo("pending");
    for (String account : List.of("bottle-operator", "bottle-agent", "default")) {
      String user = "system:serviceaccount:" + Names.SYSTEM_NAMESPACE + ":" + account;
      assertThat(
              cluster
                  .kubectl(
                      "patch",
                      "bottleapproval",
                      open.getMetadata().getName(),
                      "--as",
                      user,
                      "--type",
                      "merge",
                      "-p",
                      "{\"decision\":{\"verdict\":\"Approved\",\"requestHash\":\"%s\",\"decidedBy\":\"%s\"}}"
                          .formatted(open.getSpec().requestHash(), user))
                  .exitCode())
          .as(account)
          .isNotZero();
    }
    assertThat(approval(open.getMetadata().getName()).getDecision()).isNull();
  }

  @Test
  void thePluginSaysWhatIsWrongAndWhatToAskFor() {
    assertThat(reached("GET", "/denied")).isFalse();
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(plugin("why", BOTTLE).orThrow().lines().toList())
                .anyMatch(line -> line.matches("\\S+\tHostNotAllowed\t" + HOST + ":443"))
                .anyMatch(line -> line.startsWith("  -> ") && line.contains("spec.egress.allow")));
    assertThat(plugin("status", BOTTLE).orThrow())
        .containsPattern("BundleReady +\tTrue +\tDaemonsReady\tegress and supervise serve");
    assertThat(plugin("sh", BOTTLE, "echo", "from the guest").orThrow())
        .isEqualTo("from the guest\n");

    assertThat(plugin("why", "nobody"))
        .returns(1, Shell.Result::exitCode)
        .extracting(Shell.Result::errors)
        .asString()
        .contains("\"nobody\" not found");
    assertThat(plugin("approve", "nobody", "--ttl", "1d"))
        .isEqualTo(
            new Shell.Result(
                2, "", "kubectl bottle: --ttl is a number with s, m or h, such as 30m\n"));
    assertThat(plugin("agree", "nobody")).returns(2, Shell.Result::exitCode);
  }

  @Test
  void aFloodMakesFewObjectsAndFewWrites() throws IOException {
    AtomicInteger changes = new AtomicInteger();
    AtomicInteger approvals = new AtomicInteger();
    Instant began = Instant.now();
    try (Watch _ =
            cluster
                .client()
                .resources(Bottle.class)
                .inNamespace(cluster.namespace())
                .withName(FLOODED)
                .watch(counter(changes));
        Watch _ =
            cluster
                .client()
                .resources(BottleApproval.class)
                .inNamespace(cluster.namespace())
                .withLabel(Names.BOTTLE_LABEL, FLOODED)
                .watch(counter(approvals))) {
      String answers =
          cluster
              .guest(
                  FLOODED,
                  "sh",
                  "-c",
                  "seq 1000 | xargs -P 8 -I N curl -sS --max-time 20 "
                      + GuestTools.URL
                      + " -H 'Content-Type: application/json' -d '"
                      + GuestTools.body(
                          "request_egress", Map.of("host", "hN.example.org", "reason", "flood"))
                      + "' | grep -o '\"isError\":[a-z]*' | sort | uniq -c")
              .orThrow();
      LOG.info("1,000 requests in {}: {}", Duration.between(began, Instant.now()), answers);
      LocalCluster.await()
          .until(
              () -> Objects.requireNonNullElse(status(FLOODED).requests(), List.of()).size() >= 6);
      List<BottleApproval> made = approvalsOf(FLOODED);
      assertThat(made).hasSizeBetween(6, 20).allMatch(one -> one.getDecision() == null);
      assertThat(status(FLOODED).grants()).isNull();
      assertThat(cluster.kubectl("get", "--raw", "/readyz").orThrow()).isEqualTo("ok");
      LOG.info("{} changes of the Bottle, {} of approvals", changes, approvals);
      assertThat(changes).hasValueLessThan(60);
      assertThat(approvals).hasValueLessThan(60);
      assertThat(cluster.condition(FLOODED, ConditionType.Ready.name()).getStatus())
          .isEqualTo("True");
    }
  }

  private static <T> Watcher<T> counter(AtomicInteger events) {
    return new Watcher<>() {
      @Override
      public void eventReceived(Action action, T resource) {
        events.incrementAndGet();
      }

      @Override
      public void onClose(WatcherException cause) {
        events.addAndGet(1000); // a count that ended early proves nothing
      }
    };
  }

  private void person(String verdict, BottleApproval approval, String... more) {
    String[] words = Arrays.copyOf(more, more.length + 2);
    words[more.length] = verdict;
    words[more.length + 1] = approval.getMetadata().getName();
    Collections.rotate(Arrays.asList(words), 2);
    String shown = plugin(words).orThrow();
    assertThat(shown).contains(approval.getSpec().reason());
  }

  /** As kubectl finds it. */
  private Shell.Result plugin(String... words) {
    String[] command = {
      "sh",
      "-c",
      "PATH=$PWD/deploy/bin:$PATH; export PATH; exec kubectl bottle \"$@\"",
      "kubectl",
      "--namespace",
      cluster.namespace()
    };
    String[] all = Arrays.copyOf(command, command.length + words.length);
    System.arraycopy(words, 0, all, command.length, words.length);
    return cluster.host(all);
  }

  private boolean reached(String method, String path) {
    return cluster
            .guest(
                BOTTLE, "curl", "-sSf", "--max-time", "10", "-X", method, "https://" + HOST + path)
            .exitCode()
        == 0;
  }

  private static boolean waits(BottleApproval approval) {
    return Objects.requireNonNull(approval.getStatus()).phase() == ApprovalPhase.Pending;
  }

  private List<String> table(String resource) {
    return List.of(cluster.kubectl("get", resource).orThrow().split("\n", -1));
  }

  /** What the agent's session lives by. */
  private static List<String> session(BottleStatus status) {
    return List.of(
        Objects.requireNonNull(Objects.requireNonNull(status.bundle()).podUID()),
        Objects.requireNonNull(Objects.requireNonNull(status.machine()).bootId()));
  }

  private void kill() {
    String pod = Objects.requireNonNull(Objects.requireNonNull(status().bundle()).podUID());
    List<NodeProcesses.Found> found = NodeProcesses.supervises(pod);
    assertThat(found).hasSize(1);
    cluster.host("kill", "-KILL", Long.toString(found.getFirst().pid())).orThrow();
    LocalCluster.await()
        .until(() ->
            NodeProcesses.supervises(pod).stream()
                .anyMatch(next -> next.pid() != found.getFirst().pid()));
  }

  private void scaleOperator(int replicas) {
    cluster
        .host(
            "kubectl",
            "--namespace",
            Names.SYSTEM_NAMESPACE,
            "scale",
            "deployment/bottle-operator",
            "--replicas=" + replicas)
        .orThrow();
  }

  private BottleStatus status() {
    return status(BOTTLE);
  }

  private BottleStatus status(String bottle) {
    return Objects.requireNonNull(cluster.bottle(bottle).getStatus());
  }

  private List<GrantStatus> grants() {
    return Objects.requireNonNullElse(status().grants(), List.of());
  }

  private List<BottleApproval> approvalsOf(String bottle) {
    return cluster
        .client()
        .resources(BottleApproval.class)
        .inNamespace(cluster.namespace())
        .withLabel(Names.BOTTLE_LABEL, bottle)
        .list()
        .getItems();
  }

  private BottleApproval approval(String name) {
    return cluster
        .client()
        .resources(BottleApproval.class)
        .inNamespace(cluster.namespace())
        .withName(name)
        .get();
  }

  private ApprovalPhase phase(String name) {
    return Objects.requireNonNull(approval(name).getStatus()).phase();
  }

  private BottleApproval awaitApproval(String id) {
    String name = Names.approval(BOTTLE, id);
    LocalCluster.await().until(() -> approval(name) != null);
    return approval(name);
  }
}
