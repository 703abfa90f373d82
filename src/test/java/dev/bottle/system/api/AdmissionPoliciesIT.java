package dev.bottle.system.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.system.endtoend.Shell;
import java.io.IOException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What the ValidatingAdmissionPolicies of deploy/base/admission hold, with a token bound to a Pod
 * on a node. Needs deploy/base installed; whether operator and agent run does not matter.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdmissionPoliciesIT {
  private static final String BOTTLES = "bottles.bottle.dev";

  private ApiServer server;
  private AgentIdentity agent;

  @BeforeAll
  void start() throws IOException {
    server = new ApiServer("admission");
    agent = new AgentIdentity(server);
    placed("mine", agent.node());
    placed("foreign", "another-node");
    server
        .apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: bottle-doors}
            spec:
              nodeName: %s
              terminationGracePeriodSeconds: 0
              automountServiceAccountToken: false
              containers:
                - {name: gate, image: localhost/none, imagePullPolicy: Never}
                - {name: egress, image: localhost/none, imagePullPolicy: Never}
            """
                .formatted(agent.node()))
        .orThrow();
    // A policy acts a moment after its creation.
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> writeStatus("foreign", booted()).errors().contains("ValidatingAdmissionPolicy"));
  }

  @AfterAll
  void stop() throws IOException {
    for (String bottle : new String[] {"mine", "foreign"}) {
      server.kubectl("delete", BOTTLES, bottle, "--wait=false").orThrow();
      // No machine was ever there; where an operator runs, its finalizer would wait for an agent.
      server.kubectl(
          "patch", BOTTLES, bottle, "--type=merge", "-p", "{\"metadata\":{\"finalizers\":null}}");
    }
    server.kubectl("delete", "pod", "bottle-doors", "--grace-period=0", "--force").orThrow();
    agent.close();
    server.close();
  }

  @Test
  void anAgentWritesItsPartOfTheStatusOnItsNode() {
    accepted(writeStatus("mine", booted()));
    accepted(
        writeStatus(
            "mine",
            "{machine: {name: b-1, state: Running}, bundle: {daemons: [{name: egress, ready: true,"
                + " podUID: p}]}}"));
  }

  @Test
  void anAgentWritesWhatItsBottleAsksFor() {
    accepted(
        writeStatus(
            "mine",
            "{requests: [{id: r0123456789abcdef, hash: h, question: {text: why}, reason: r,"
                + " requestedAt: '2026-01-01T00:00:00Z', expiresAt: '2026-01-02T00:00:00Z'}]}"));
  }

  @Test
  void anAgentWritesNothingOfABottleOnAnotherNode() {
    denied(writeStatus("foreign", booted()), "not placed on the node of the agent");
  }

  @Test
  void theOperatorsFieldsAreNotTheAgents() {
    denied(writeStatus("mine", "{phase: Running}"), "are the operator's");
    denied(
        writeStatus("mine", "{placement: {nodeName: another-node, nodeUID: u, epoch: 1}}"),
        "are the operator's");
    denied(
        writeStatus("mine", "{placement: {nodeName: " + agent.node() + ", nodeUID: u, epoch: 2}}"),
        "are the operator's");
    denied(writeStatus("mine", "{observedGeneration: 99}"), "are the operator's");
    denied(writeStatus("mine", "{bundle: {policyHash: h}}"), "are the operator's");
    denied(writeStatus("mine", "{bundle: {podUID: p}}"), "are the operator's");
    denied(
        writeStatus("mine", "{decisions: [{id: r1, hash: h, verdict: Approved}]}"),
        "are the operator's");
    denied(
        writeStatus(
            "mine",
            "{grants: [{approval: a, host: evil.example.org, notAfter: '2036-01-01T00:00:00Z'}]}"),
        "are the operator's");
    denied(writeStatus("mine", "{pendingRequests: 1}"), "are the operator's");
  }

  @Test
  void theOperatorsConditionsAreNotTheAgents() {
    for (String type : new String[] {"Ready", "Prepared", "TLSReady", "AgentReachable"}) {
      denied(
          writeStatus("mine", "{conditions: [" + condition(type) + "]}"),
          "conditions Booted, Provisioned, EgressSealed and CanaryTripped only");
    }
  }

  @Test
  void anAgentWritesNoSpecAndDeletesNothing() {
    refused(
        agent.kubectl(
            "--namespace",
            server.namespace(),
            "patch",
            BOTTLES,
            "mine",
            "--type=merge",
            "-p",
            "{\"spec\":{\"egress\":{\"allow\":[\"evil.example.org\"]}}}"));
    refused(
        agent.kubectl(
            "--namespace",
            server.namespace(),
            "patch",
            BOTTLES,
            "mine",
            "--subresource=status",
            "--type=merge",
            "-p",
            "{\"metadata\":{\"finalizers\":[\"evil.example.org/stay\"]}}"));
    refused(agent.kubectl("--namespace", server.namespace(), "delete", BOTTLES, "mine"));
    refused(agent.kubectl("--namespace", server.namespace(), "get", "secrets"));
  }

  @Test
  void anAgentRenewsTheLeaseOfItsNodeOnly() {
    String lease =
        """
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata: {name: bottle-agent-%s, namespace: bottle-system}
        spec: {holderIdentity: somebody}
        """;
    denied(
        agent.kubectlWith(
            lease.formatted("another-node"),
            "apply",
            "--server-side",
            "--field-manager=bottle-agent",
            "--dry-run=server",
            "-f",
            "-"),
        "the Lease of its own node only");
    accepted(
        agent.kubectlWith(
            lease.formatted(agent.node()),
            "apply",
            "--server-side",
            "--force-conflicts",
            "--field-manager=bottle-agent",
            "--dry-run=server",
            "-f",
            "-"));
  }

  @Test
  void aPersonWritesTheStatusThatRbacAllows() {
    // The policies are about the agent; an admin with the right to do so repairs by hand.
    accepted(
        server.kubectlWith(
            status("mine", "{phase: Pending}"),
            "apply",
            "--server-side",
            "--force-conflicts",
            "--subresource=status",
            "--field-manager=admin",
            "--dry-run=server",
            "-f",
            "-"));
  }

  @Test
  void peopleEnterTheGateAndNoOtherContainer() {
    denied(server.kubectl("exec", "bottle-doors", "-c", "egress", "--", "id"), "-c gate");
    denied(server.kubectl("attach", "bottle-doors", "-c", "gate"), "-c gate");
    denied(server.kubectl("attach", "bottle-doors", "-c", "egress"), "-c gate");
    // kubectl port-forward itself gives up on a Pod that does not run.
    denied(connect("portforward?ports=9099"), "-c gate");
    denied(connect("exec?container=egress&command=id&stdout=true"), "-c gate");
    denied(connect("exec?command=id&stdout=true"), "-c gate");
    denied(connect("proxy/"), "-c gate");
    denied(
        server.kubectl("debug", "bottle-doors", "--image=localhost/none", "--", "id"),
        "no ephemeral containers");
  }

  @Test
  void theGateIsNotDenied() {
    // No container runs here, so kubelet refuses; but admission let it through.
    var gate = server.kubectl("exec", "bottle-doors", "-c", "gate", "--", "id");
    assertThat(gate.exitCode()).isNotZero();
    assertThat(gate.errors()).doesNotContain("denied");
  }

  private Shell.Result connect(String subresource) {
    return server.cluster(
        "get",
        "--raw",
        "/api/v1/namespaces/" + server.namespace() + "/pods/bottle-doors/" + subresource);
  }

  private void placed(String name, String node) {
    server
        .apply(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: %s}
            spec:
              image: example.org/agent:1
              running: false
              nodeSelector: {bottle.dev/no-such-node: "true"}
            """
                .formatted(name))
        .orThrow();
    server
        .kubectlWith(
            status(name, "{placement: {nodeName: " + node + ", nodeUID: u, epoch: 1}}"),
            "apply",
            "--server-side",
            "--force-conflicts",
            "--subresource=status",
            "--field-manager=test",
            "-f",
            "-")
        .orThrow();
  }

  private Shell.Result writeStatus(String name, String status) {
    return agent.kubectlWith(
        status(name, status),
        "--namespace",
        server.namespace(),
        "apply",
        "--server-side",
        "--force-conflicts",
        "--subresource=status",
        "--field-manager=bottle-agent",
        "-f",
        "-");
  }

  private static String status(String name, String status) {
    return """
    apiVersion: bottle.dev/v1alpha1
    kind: Bottle
    metadata: {name: %s}
    status: %s
    """
        .formatted(name, status);
  }

  private static String booted() {
    return "{conditions: [" + condition("Booted") + "]}";
  }

  private static String condition(String type) {
    return "{type: %s, status: 'True', reason: R, message: m,".formatted(type)
        + " lastTransitionTime: '2026-01-01T00:00:00Z'}";
  }

  private static void accepted(Shell.Result result) {
    assertThat(result.exitCode()).as(result.errors()).isZero();
  }

  private static void denied(Shell.Result result, String message) {
    assertThat(result.exitCode()).as(result.output()).isNotZero();
    assertThat(result.errors()).contains("denied").contains(message);
  }

  /** By RBAC or by a policy: either holds. */
  private static void refused(Shell.Result result) {
    assertThat(result.exitCode()).as(result.output()).isNotZero();
    assertThat(result.errors()).containsAnyOf("forbidden", "denied");
  }
}
