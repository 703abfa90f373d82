package dev.bottle.system.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.system.endtoend.Shell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Who makes a BottleApproval, who decides and how often: the CRD's rules, the roles and the
 * admission policy. Needs deploy/base installed; whether an operator runs does not matter, since no
 * Bottle owns what is made here.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ApprovalPolicyIT {
  private static final String APPROVALS = "bottleapprovals.bottle.dev";
  private static final String OPERATOR = "--as=system:serviceaccount:bottle-system:bottle-operator";
  private static final String ALICE = "--as=alice";
  private static final String EGRESS =
      "kind: Egress, egress: {host: files.example.net, methods: [GET], ttlSeconds: 3600}";
  private static final String HASH = "0123456789abcdef".repeat(4);
  private static final String GIT = "kind: Git, git: {url: 'https://git.example.org/team/app.git'}";
  private static final String QUESTION =
      "kind: Question, question: {text: 'red or blue?', options: [red, blue]}";

  private ApiServer server;
  private int made;

  @BeforeAll
  void start() {
    server = new ApiServer("approvals");
    server
        .kubectl(
            "create",
            "rolebinding",
            "approvers",
            "--clusterrole=bottle-approver",
            "--user=alice",
            "--user=bob",
            "--serviceaccount=" + server.namespace() + ":robot")
        .orThrow();
    // A policy acts a moment after its creation.
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            create(manifest(id(), EGRESS, ""), "--dry-run=server")
                .errors()
                .contains("ValidatingAdmissionPolicy"));
  }

  @AfterAll
  void stop() {
    server.kubectl("delete", APPROVALS, "--all", "--wait=false").orThrow();
    server.close();
  }

  @Test
  void aPersonDecidesAndOnlyOnce() {
    String approval = asked(EGRESS);
    accepted(decide(approval, ALICE, approvedBy("alice", "")));

    refused(decide(approval, ALICE, "{\"verdict\":\"Denied\"}"), "is made once");
    refused(decide(approval, ALICE, "{\"ttlSeconds\":60}"), "is made once");
    refused(decide(approval, ALICE, "null"), "is made once");
    // Not even who may do everything.
    refused(decide(approval, "--as-group=system:masters", "null", ALICE), "is made once");
    assertThat(field(approval, "{.decision}"))
        .isEqualTo(
            "{\"decidedBy\":\"alice\",\"requestHash\":\"" + HASH + "\",\"verdict\":\"Approved\"}");
  }

  @Test
  void nobodyDecidesInAnothersName() {
    refused(
        decide(asked(EGRESS), ALICE, approvedBy("bob", "")),
        "decision.decidedBy must be who decides: alice");
    refused(decide(asked(EGRESS), ALICE, "{\"verdict\":\"Approved\"}"), "decidedBy");
  }

  @Test
  void aDecisionIsAboutWhatWasRead() {
    String another = "a".repeat(64);
    refused(
        decide(asked(EGRESS), ALICE, approvedBy("alice", "").replace(HASH, another)),
        "decision.requestHash: is not spec.requestHash");
    refused(
        decide(asked(EGRESS), ALICE, "{\"verdict\":\"Denied\",\"decidedBy\":\"alice\"}"),
        "decision.requestHash");
  }

  @Test
  void noProgramDecides() {
    String robot = "system:serviceaccount:" + server.namespace() + ":robot";
    refused(
        decide(asked(EGRESS), "--as=" + robot, approvedBy(robot, "")),
        "no service account makes one");
    String operator = OPERATOR.substring("--as=".length());
    refused(decide(asked(EGRESS), OPERATOR, approvedBy(operator, "")), "forbidden");
    refused(
        decide(asked(EGRESS), OPERATOR, approvedBy(operator, ""), "--as-group=system:masters"),
        "no service account makes one");
  }

  @Test
  void theOperatorAloneMakesThem() {
    refused(create(manifest(id(), EGRESS, "")), "are made by the operator");
    refused(create(manifest(id(), EGRESS, ""), ALICE), "forbidden");
  }

  @Test
  void theyBeginWithoutADecision() {
    String decision =
        "decision: {verdict: Approved, requestHash: '"
            + HASH
            + "', decidedBy: '"
            + OPERATOR.substring("--as=".length())
            + "'}";
    refused(create(manifest(id(), EGRESS, decision), OPERATOR), "begins without a decision");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Applied", "Denied", "Ended", "Expired", "Withdrawn"})
  void whatIsOverIsNotDecided(String phase) {
    String approval = asked(EGRESS);
    status(approval, "{phase: " + phase + "}").orThrow();

    refused(
        decide(approval, ALICE, approvedBy("alice", "")), "is " + phase + ", and nothing is left");
  }

  @Test
  void whatWaitsIsDecided() {
    String approval = asked(EGRESS);
    status(approval, "{phase: Pending, reason: DecisionNeeded}").orThrow();
    accepted(decide(approval, ALICE, approvedBy("alice", "")));
    // What the operator records changes no decision.
    accepted(status(approval, "{phase: Applied, decidedAt: '2026-01-02T03:04:05Z'}"));
  }

  @Test
  void peopleDoNotWriteTheStatus() {
    String approval = asked(EGRESS);
    refused(
        server.kubectl(
            "patch",
            APPROVALS,
            approval,
            ALICE,
            "--subresource=status",
            "--type=merge",
            "-p",
            "{\"status\":{\"phase\":\"Applied\"}}"),
        "forbidden");
    String later = "{\"status\":{\"phase\":\"Applied\",\"decidedAt\":\"2090-01-01T00:00:00Z\"}}";
    for (String who : List.of("--as=system:serviceaccount:argocd:controller", ALICE)) {
      refused(
          server.kubectl(
              "patch",
              APPROVALS,
              approval,
              who,
              "--as-group=system:masters",
              "--subresource=status",
              "--type=merge",
              "-p",
              later),
          "the status of a BottleApproval is the operator's");
    }
  }

  @Test
  void whatWasAskedForIsNotChanged() {
    String approval = asked(EGRESS);
    refused(
        patch(approval, ALICE, "{\"spec\":{\"egress\":{\"host\":\"evil.example.net\"}}}"),
        "is what was asked for and cannot be changed");
    refused(
        patch(approval, ALICE, "{\"spec\":{\"expiresAt\":\"2036-01-01T00:00:00Z\"}}"),
        "is what was asked for and cannot be changed");
    refused(
        patch(
            approval,
            ALICE,
            "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\","
                + "\"name\":\"p\",\"uid\":\"u\"}]}}"),
        "the owner of a BottleApproval is its Bottle");
    refused(
        patch(
            approval,
            "--as=system:serviceaccount:argocd:controller",
            "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\","
                + "\"name\":\"p\",\"uid\":\"u\"}]}}",
            "--as-group=system:masters"),
        "the owner of a BottleApproval is its Bottle");
  }

  @Test
  void aGrantIsNoLongerThanWhatWasAskedFor() {
    String longer = "is at most what was asked for";
    refused(decide(asked(EGRESS), ALICE, approvedBy("alice", ",\"ttlSeconds\":3601")), longer);
    refused(decide(asked(EGRESS), ALICE, approvedBy("alice", ",\"ttlSeconds\":59")), "60");
    refused(decide(asked(GIT), ALICE, approvedBy("alice", ",\"ttlSeconds\":60")), longer);
    refused(
        decide(
            asked(EGRESS),
            ALICE,
            approvedBy("alice", ",\"ttlSeconds\":60").replace("Approved", "Denied")),
        longer);
    accepted(decide(asked(EGRESS), ALICE, approvedBy("alice", ",\"ttlSeconds\":3600")));
  }

  @Test
  void aQuestionIsAnsweredByANote() {
    refused(
        decide(asked(QUESTION), ALICE, approvedBy("alice", "")), "is the answer to the question");
    accepted(decide(asked(QUESTION), ALICE, approvedBy("alice", ",\"note\":\"red\"")));
    accepted(decide(asked(QUESTION), ALICE, approvedBy("alice", "").replace("Approved", "Denied")));
  }

  @Test
  void itAsksForExactlyOneThing() {
    String one = "exactly one of egress, git and question";
    refused(create(manifest(id(), "kind: Egress", ""), OPERATOR), one);
    refused(create(manifest(id(), EGRESS.replace("kind: Egress", "kind: Git"), ""), OPERATOR), one);
    refused(create(manifest(id(), EGRESS + ", git: {url: 'https://a.b/c'}", ""), OPERATOR), one);
    refused(
        create(manifest(id(), EGRESS, "").replace("name: demo-", "name: other-"), OPERATOR),
        "must be spec.bottleName, a hyphen and spec.requestId");
  }

  @Test
  void unknownFieldsAreErrors() {
    refused(
        create(manifest(id(), EGRESS + ", surprise: 1", ""), OPERATOR),
        "unknown field \"spec.surprise\"");
  }

  @Test
  void aTableSaysWhoAsksForWhat() {
    String egress = asked(EGRESS);
    String git = asked(GIT);
    String question = asked(QUESTION);
    List<String> lines =
        Arrays.asList(server.kubectl("get", "bapr", ALICE).orThrow().split("\n", -1));

    assertThat(lines.getFirst()).matches("NAME +BOTTLE +KIND +ASKS +VERDICT +PHASE +AGE *");
    assertThat(lines)
        .anyMatch(line -> line.matches(egress + " +demo +Egress +files.example.net .*"))
        .anyMatch(
            line -> line.matches(git + " +demo +Git +https://git.example.org/team/app.git .*"))
        .anyMatch(line -> line.matches(question + " +demo +Question +red or blue\\? .*"));
  }

  @Test
  void whoDecidesMayRevoke() {
    String approval = asked(EGRESS);
    accepted(decide(approval, ALICE, approvedBy("alice", "")));
    accepted(server.kubectl("delete", APPROVALS, approval, ALICE));
  }

  private static String approvedBy(String user, String more) {
    return "{\"verdict\":\"Approved\",\"requestHash\":\""
        + HASH
        + "\",\"decidedBy\":\""
        + user
        + "\""
        + more
        + "}";
  }

  /** An approval as the operator makes it; its name. */
  private String asked(String spec) {
    String id = id();
    create(manifest(id, spec, ""), OPERATOR).orThrow();
    return "demo-" + id;
  }

  private String id() {
    made++;
    return "r%016d".formatted(made);
  }

  private static String manifest(String id, String spec, String more) {
    return """
    apiVersion: bottle.dev/v1alpha1
    kind: BottleApproval
    metadata: {name: demo-%s}
    spec: {bottleName: demo, bottleUid: u, requestId: %s, requestHash: %s, reason: r,
      requestedAt: '2026-01-02T03:04:05Z', expiresAt: '2026-01-03T03:04:05Z', %s}
    %s
    """
        .formatted(id, id, HASH, spec, more);
  }

  private Shell.Result create(String manifest, String... options) {
    List<String> arguments = new ArrayList<>(List.of("create", "-f", "-"));
    arguments.addAll(List.of(options));
    return server.kubectlWith(manifest, arguments.toArray(String[]::new));
  }

  private Shell.Result decide(
      String approval, String user, String decision, String... furtherOptions) {
    return patch(approval, user, "{\"decision\":" + decision + "}", furtherOptions);
  }

  private Shell.Result patch(String approval, String user, String patch, String... furtherOptions) {
    List<String> arguments =
        new ArrayList<>(List.of("patch", APPROVALS, approval, user, "--type=merge", "-p", patch));
    arguments.addAll(List.of(furtherOptions));
    return server.kubectl(arguments.toArray(String[]::new));
  }

  private Shell.Result status(String approval, String status) {
    return server.kubectlWith(
        """
        apiVersion: bottle.dev/v1alpha1
        kind: BottleApproval
        metadata: {name: %s}
        status: %s
        """
            .formatted(approval, status),
        "apply",
        "--server-side",
        "--force-conflicts",
        "--subresource=status",
        "--field-manager=test",
        OPERATOR,
        "-f",
        "-");
  }

  private String field(String approval, String jsonPath) {
    return server.kubectl("get", APPROVALS, approval, "-o", "jsonpath=" + jsonPath).orThrow();
  }

  private static void accepted(Shell.Result result) {
    assertThat(result.exitCode()).as(result.errors()).isZero();
  }

  private static void refused(Shell.Result result, String message) {
    assertThat(result.exitCode()).as(result.output()).isNotZero();
    assertThat(result.errors()).contains(message);
  }
}
