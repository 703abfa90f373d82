package dev.bottle.operator.reconcile;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.bottle.crd.api.AgentRequest;
import dev.bottle.crd.api.ApprovalDecision;
import dev.bottle.crd.api.ApprovalPhase;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.api.BottleApprovalStatus;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.GrantStatus;
import dev.bottle.crd.api.Verdict;
import dev.bottle.crd.names.Names;
import dev.bottle.crd.request.Ask;
import dev.bottle.operator.fixture.FakeApiServer.Request;
import dev.bottle.operator.fixture.FakeCluster;
import dev.bottle.operator.fixture.Fault;
import dev.bottle.operator.fixture.Requests;
import dev.bottle.operator.fixture.Rig;
import dev.bottle.operator.fixture.Tree;
import dev.bottle.operator.render.PodPin;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The life of Bottles under the whole operator. */
class OperatorTest {
  private static final String NS = "ns";
  private static final String READY = "True/Ready";
  private final Rig rig = new Rig();

  OperatorTest() throws InterruptedException {}

  @AfterEach
  void stop() {
    rig.close();
  }

  @Test
  void fromApplyToReadyTheWallsComeBeforeThePodAndTheFinalizerBeforeAll() {
    rig.create(NS, "demo");
    Bottle ready = rig.awaitReady(NS, "demo", READY);

    assertThat(ready.getMetadata().getFinalizers()).containsExactly(Names.FINALIZER);
    assertThat(rig.api.writes().stream().map(Request::toString).distinct().limit(5))
        .containsExactly(
            "PATCH /apis/bottle.dev/v1alpha1/namespaces/ns/bottles/demo",
            "PATCH /apis/networking.k8s.io/v1/namespaces/ns/networkpolicies/bottle-demo",
            "PATCH /api/v1/namespaces/ns/configmaps/bottle-demo-policy",
            "PATCH /api/v1/namespaces/ns/configmaps/bottle-demo-guest",
            "POST /api/v1/namespaces/ns/pods");
    assertThat(rig.api.requests()).noneMatch(request -> request.path().contains("/secrets"));
    assertThat(rig.isHealthy()).isTrue();
  }

  @Test
  void aConvergedBottleCausesNoWrites() {
    rig.create(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    settle();
    rig.api.forgetRequests();

    long before = rig.reconciles();
    rig.change(NS, "demo", "/metadata/annotations", Map.of("example.org/touched", "1"));
    rig.awaitReconciles(before);
    settle();

    assertThat(rig.api.writes()).isEmpty();
  }

  @Test
  void anAllowListEditKeepsThePodAndAnotherSizeReplacesIt() {
    rig.create(NS, "demo");
    Bottle first = rig.awaitReady(NS, "demo", READY);
    String uid = podUid();

    rig.change(NS, "demo", "/spec/egress/allow", List.of("other.example.org"));
    Bottle second = rig.awaitReady(NS, "demo", READY);
    assertThat(podUid()).isEqualTo(uid);
    assertThat(policyHash(second)).isNotEqualTo(policyHash(first));
    assertThat(pod().getMetadata().getAnnotations())
        .containsEntry(Names.POLICY_HASH_ANNOTATION, policyHash(second));

    rig.change(NS, "demo", "/spec/machine/cpus", 4);
    rig.awaitReady(NS, "demo", READY);
    assertThat(podUid()).isNotEqualTo(uid);
    assertThat(pod().getSpec().getAffinity().toString()).contains(FakeCluster.NODE);
    assertThat(PodPin.epoch(pod())).isEqualTo(1);
  }

  @Test
  void aRequestIsApprovedGrantedAndRevokedWithoutAnotherPod() {
    rig.createSupervised(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    String uid = podUid();
    AgentRequest request =
        Requests.request(
            Requests.HOST.id(),
            new Ask.Egress("files.example.net", List.of(), null, 3600),
            Instant.now());
    rig.changeStatus(NS, "demo", "/status/requests", List.of(request));
    String name = Names.approval("demo", request.id());
    await()
        .untilAsserted(() -> {
          BottleApproval made = requireNonNull(approvals().withName(name).get());
          assertThat(requireNonNull(made.getStatus()).phase()).isEqualTo(ApprovalPhase.Pending);
          assertThat(status().pendingRequests()).isEqualTo(1);
        });
    settle();
    rig.api.forgetRequests();
    settle();
    assertThat(rig.api.writes()).isEmpty();

    approvals()
        .withName(name)
        .edit(approval -> {
          approval.setDecision(
              new ApprovalDecision(
                  Verdict.Approved, approval.getSpec().requestHash(), null, 600L, "alice"));
          return approval;
        });
    await().untilAsserted(() -> assertThat(policy()).contains("files.example.net"));
    rig.awaitReady(NS, "demo", READY);
    assertThat(status().grants()).hasSize(1);
    assertThat(status().decisions()).hasSize(1);
    assertThat(status().pendingRequests()).isNull();

    rig.changeStatus(NS, "demo", "/status/requests", null);
    approvals().withName(name).delete();
    await().untilAsserted(() -> assertThat(policy()).doesNotContain("files.example.net"));
    rig.awaitReady(NS, "demo", READY);
    assertThat(status().grants()).isNullOrEmpty();
    assertThat(podUid()).isEqualTo(uid);
  }

  @Test
  void aDecisionThatComesWhileItsApprovalIsRemovedIsNotRemoved() {
    rig.createSupervised(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    AgentRequest request =
        Requests.request(
            Requests.HOST.id(),
            new Ask.Egress("files.example.net", List.of(), null, 3600),
            Instant.now());
    rig.changeStatus(NS, "demo", "/status/requests", List.of(request));
    String name = Names.approval("demo", request.id());
    await()
        .until(() -> {
          BottleApproval made = approvals().withName(name).get();
          return made != null && made.getStatus() != null;
        });
    String path = "/apis/bottle.dev/v1alpha1/namespaces/" + NS + "/bottleapprovals/" + name;
    rig.api.meanwhile(
        asked -> asked.method().equals("DELETE") && asked.path().equals(path),
        path,
        approval ->
            approval.putObject("decision").put("verdict", "Approved").put("decidedBy", "alice"));

    rig.changeStatus(NS, "demo", "/status/requests", null);

    await()
        .untilAsserted(() -> {
          BottleApproval kept = requireNonNull(approvals().withName(name).get());
          assertThat(kept.getDecision()).isNotNull();
          assertThat(requireNonNull(kept.getStatus()).phase()).isEqualTo(ApprovalPhase.Withdrawn);
        });
    assertThat(policy()).doesNotContain("files.example.net");
  }

  @Test
  void anApprovalThatIsRefusedKeepsNothingElseBack() {
    rig.createSupervised(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    rig.api.fail(
        1,
        Fault.FORBIDDEN,
        request -> request.method().equals("POST") && request.path().endsWith("/bottleapprovals"));
    AgentRequest request =
        Requests.request(
            Requests.HOST.id(), new Ask.Git("https://git.example.org/a", List.of()), Instant.now());
    rig.changeStatus(NS, "demo", "/status/requests", List.of(request));
    await().until(rig.api::isSpent);

    rig.change(NS, "demo", "/spec/egress/allow", List.of("other.example.org"));
    rig.awaitReady(NS, "demo", READY);
    assertThat(policy()).contains("other.example.org");
    await()
        .untilAsserted(() ->
            assertThat(approvals().withName(Names.approval("demo", request.id())).get())
                .isNotNull());
  }

  @Test
  void anApprovalThatTheServerFailsOnKeepsNothingElseBack() {
    rig.createSupervised(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    AgentRequest failing = host(1);
    AgentRequest other = host(2);
    String path =
        "/apis/bottle.dev/v1alpha1/namespaces/ns/bottleapprovals/"
            + Names.approval("demo", failing.id())
            + "/status";
    rig.changeStatus(NS, "demo", "/status/requests", List.of(failing, other));
    awaitPending(failing, other);
    rig.api.fail(1_000, Fault.INTERNAL, request -> request.path().equals(path));

    decide(failing, 600L, null);
    decide(other, 600L, null);
    rig.change(NS, "demo", "/spec/egress/allow", List.of("other.example.org"));
    await()
        .untilAsserted(() -> assertThat(policy()).contains("other.example.org", "h2.example.net"));
    rig.awaitReady(NS, "demo", READY);
    assertThat(requireNonNull(status().grants()))
        .extracting(GrantStatus::approval)
        .containsExactly(Names.approval("demo", other.id()));
    assertThat(policy()).doesNotContain("h1.example.net");

    rig.api.forgetRequests();
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(
            () -> assertThat(rig.api.requests()).anyMatch(request -> request.path().equals(path)));
  }

  @Test
  void aDecisionThatIsSeenLateIsDatedAsTheServerDatesIt() {
    rig.createSupervised(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    AgentRequest late = host(1);
    AgentRequest current = host(2);
    rig.changeStatus(NS, "demo", "/status/requests", List.of(late, current));
    awaitPending(late, current);
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    decide(late, 600L, now.minus(Duration.ofMinutes(20)));
    decide(current, 600L, now.minus(Duration.ofMinutes(2)));

    await().untilAsserted(() -> assertThat(policy()).contains("h2.example.net"));
    await().untilAsserted(() -> assertThat(approvalStatus(late).reason()).isEqualTo("GrantEnded"));
    assertThat(approvalStatus(late).phase()).isEqualTo(ApprovalPhase.Expired);
    assertThat(approvalStatus(current).notAfter())
        .isEqualTo(now.plus(Duration.ofMinutes(8)).toString());
    assertThat(policy()).doesNotContain("h1.example.net");
  }

  @Test
  void whatIsAlwaysOutdatedIsTriedLessAndLessOften() {
    rig.create(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    settle();
    rig.api.fail(1_000, Fault.CONFLICT, OperatorTest::isStatus);
    rig.api.forgetRequests();
    rig.change(NS, "demo", "/spec/egress/allow", List.of("other.example.org"));
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> rig.api.requests().stream().filter(OperatorTest::isStatus).count() >= 8);

    rig.api.forgetRequests();
    await().pollDelay(Duration.ofSeconds(4)).until(() -> true);
    assertThat(rig.api.requests().stream().filter(OperatorTest::isStatus))
        .hasSizeLessThanOrEqualTo(3);
  }

  private static boolean isStatus(Request request) {
    return request.path().endsWith("/bottles/demo/status");
  }

  private static AgentRequest host(int number) {
    return Requests.request(
        Requests.id(number),
        new Ask.Egress("h" + number + ".example.net", List.of(), null, 3600),
        Instant.now());
  }

  private BottleApprovalStatus approvalStatus(AgentRequest request) {
    BottleApproval approval = approvals().withName(Names.approval("demo", request.id())).get();
    return requireNonNull(requireNonNull(approval).getStatus());
  }

  private void awaitPending(AgentRequest... requests) {
    for (AgentRequest request : requests) {
      await()
          .ignoreExceptionsInstanceOf(NullPointerException.class)
          .untilAsserted(
              () -> assertThat(approvalStatus(request).phase()).isEqualTo(ApprovalPhase.Pending));
    }
    settle();
  }

  /**
   * @param dated when the API server says that it was; null when it does not say
   */
  private void decide(AgentRequest request, long ttlSeconds, @Nullable Instant dated) {
    BottleApproval approval =
        requireNonNull(approvals().withName(Names.approval("demo", request.id())).get());
    approval.setDecision(
        new ApprovalDecision(
            Verdict.Approved, approval.getSpec().requestHash(), null, ttlSeconds, "alice"));
    if (dated != null) {
      approval.getMetadata().setManagedFields(List.of(Requests.decided(dated)));
    }
    rig.client.resource(approval).update();
  }

  private NonNamespaceOperation<
          BottleApproval, KubernetesResourceList<BottleApproval>, Resource<BottleApproval>>
      approvals() {
    return rig.client.resources(BottleApproval.class).inNamespace(NS);
  }

  private BottleStatus status() {
    return requireNonNull(requireNonNull(rig.bottle(NS, "demo")).getStatus());
  }

  @Test
  void aSpecChangeDuringOurStatusWriteIsNotLost() {
    rig.create(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    settle();
    rig.api.meanwhile(
        request -> request.path().endsWith("/bottles/demo/status"),
        "/apis/bottle.dev/v1alpha1/namespaces/" + NS + "/bottles/demo",
        bottle ->
            ((ArrayNode) bottle.at("/spec/egress/allow")).removeAll().add("raced.example.org"));

    rig.change(NS, "demo", "/spec/egress/allow", List.of("first.example.org"));

    await()
        .untilAsserted(() -> {
          Bottle ready = rig.awaitReady(NS, "demo", READY);
          assertThat(Objects.requireNonNull(ready.getSpec().egress()).allow())
              .containsExactly("raced.example.org");
        });
    assertThat(policy()).contains("raced.example.org");
  }

  @Test
  void deletionWaitsForTheAgentAndLeavesNothing() {
    rig.create(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    rig.cluster.silence("demo");
    rig.delete(NS, "demo");
    rig.awaitReady(NS, "demo", "False/Terminating");
    await().untilAsserted(() -> assertThat(rig.pod(NS, "demo")).isNull());
    settle();
    assertThat(Objects.requireNonNull(rig.bottle(NS, "demo")).getMetadata().getFinalizers())
        .containsExactly(Names.FINALIZER);

    rig.cluster.speak("demo");
    rig.change(NS, "demo", "/metadata/labels", Map.of("touched", "1"));
    rig.awaitGone(NS, "demo");
  }

  @Test
  void stoppedHasNoPodAndStartsOnItsNode() {
    rig.create(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    rig.change(NS, "demo", "/spec/running", false);
    rig.awaitReady(NS, "demo", "False/Stopped");
    await().untilAsserted(() -> assertThat(rig.pod(NS, "demo")).isNull());

    rig.change(NS, "demo", "/spec/running", true);
    rig.awaitReady(NS, "demo", READY);
  }

  @Test
  void aForeignPodOfOurNameIsNotTouched() {
    Pod foreign =
        rig.client
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withNamespace(NS)
                    .withName("bottle-demo")
                    .endMetadata()
                    .withNewSpec()
                    .withNodeName("elsewhere")
                    .endSpec()
                    .build())
            .create();
    rig.create(NS, "demo");
    rig.awaitReady(NS, "demo", "False/NameTaken");

    assertThat(pod()).isEqualTo(foreign);
  }

  @Test
  void ourPodWithoutItsLabelsIsFoundAgain() {
    rig.create(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    String uid = podUid();
    rig.client
        .resource(Tree.with(pod(), Pod.class, "/metadata/labels", Map.of("team", "blue")))
        .update();

    await()
        .untilAsserted(() ->
            assertThat(pod().getMetadata().getLabels())
                .containsEntry(Names.BOTTLE_LABEL, "demo")
                .containsEntry("team", "blue"));
    rig.awaitReady(NS, "demo", READY);
    assertThat(podUid()).isEqualTo(uid);
  }

  @Test
  void aTamperedPolicyIsPutBack() {
    rig.create(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    String before = policy();
    rig.client
        .resource(
            new ConfigMapBuilder(
                    rig.client.configMaps().inNamespace(NS).withName("bottle-demo-policy").get())
                .addToData("policy.json", "{\"open\":true}")
                .build())
        .update();

    await().untilAsserted(() -> assertThat(policy()).isEqualTo(before));
  }

  @Test
  void whatTheAdminSaysReachesEveryBottle() {
    rig.create(NS, "one");
    rig.create(NS, "two");
    rig.awaitReady(NS, "one", READY);
    rig.awaitReady(NS, "two", READY);

    admin("privateDestinations: [{cidr: 10.9.0.0/16, ports: [443]}]");
    await()
        .untilAsserted(() -> {
          assertThat(policyOf("one")).contains("10.9.0.0/16");
          assertThat(policyOf("two")).contains("10.9.0.0/16");
        });
    admin("nonsense: 1");
    rig.awaitReady(NS, "one", "False/AdminConfigInvalid");
    assertThat(policyOf("one")).contains("10.9.0.0/16");
    admin("");
    rig.awaitReady(NS, "one", READY);
    assertThat(policyOf("one")).doesNotContain("10.9.0.0/16");
  }

  @Test
  void anAgentWithoutLeaseIsUnreachableUntilItIsBack() {
    rig.create(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    var leases = rig.client.leases().inNamespace(Names.SYSTEM_NAMESPACE);
    var lease = leases.withName(Names.agentLease(FakeCluster.NODE)).get();
    leases.withName(Names.agentLease(FakeCluster.NODE)).delete();
    rig.awaitReady(NS, "demo", "Unknown/AgentUnreachable");

    lease.getMetadata().setResourceVersion(null);
    lease.getMetadata().setUid(null);
    rig.client.resource(lease).create();
    rig.awaitReady(NS, "demo", READY);
  }

  @Test
  void aReinstalledNodeIsVouchedForOnce() {
    rig.create(NS, "demo");
    rig.awaitReady(NS, "demo", READY);
    Node node = rig.client.nodes().withName(FakeCluster.NODE).get();
    rig.client.nodes().withName(FakeCluster.NODE).delete();
    node.getMetadata().setResourceVersion(null);
    node.getMetadata().setUid("reinstalled");
    rig.client.resource(node).create();
    rig.awaitReady(NS, "demo", "False/NodeGone");

    rig.change(
        NS,
        "demo",
        "/metadata/annotations",
        Map.of(Names.FORCE_RELEASE_ANNOTATION, FakeCluster.NODE));
    Bottle ready = rig.awaitReady(NS, "demo", READY);

    var placement = Objects.requireNonNull(Objects.requireNonNull(ready.getStatus()).placement());
    assertThat(placement.epoch()).isEqualTo(2);
    assertThat(placement.nodeUID()).isNotEqualTo("gone");
    assertThat(ready.getMetadata().getAnnotations())
        .doesNotContainKey(Names.FORCE_RELEASE_ANNOTATION);
    assertThat(PodPin.epoch(pod())).isEqualTo(2);
    await()
        .untilAsserted(() ->
            assertThat(rig.client.v1().events().inNamespace(NS).list().getItems())
                .anyMatch(event ->
                    event.getReason().equals("NodeGone")
                        && event.getMessage().contains("given up")));
  }

  /** Until the operator has had nothing to do for a while. */
  private void settle() {
    long[] last = {-1};
    await()
        .pollInterval(Duration.ofMillis(300))
        .until(() -> {
          long now = rig.reconciles() + rig.api.requests().size();
          boolean still = now == last[0];
          last[0] = now;
          return still;
        });
  }

  private void admin(String text) {
    var found =
        rig.client
            .configMaps()
            .inNamespace(Names.SYSTEM_NAMESPACE)
            .withName(Names.ADMIN_CONFIG_MAP);
    var wanted =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace(Names.SYSTEM_NAMESPACE)
            .withName(Names.ADMIN_CONFIG_MAP)
            .endMetadata()
            .addToData(Names.ADMIN_CONFIG_KEY, text)
            .build();
    if (found.get() == null) {
      rig.client.resource(wanted).create();
    } else {
      rig.client.resource(wanted).update();
    }
  }

  private Pod pod() {
    return Objects.requireNonNull(rig.pod(NS, "demo"));
  }

  private String podUid() {
    return pod().getMetadata().getUid();
  }

  private String policy() {
    return policyOf("demo");
  }

  private String policyOf(String bottle) {
    return Objects.requireNonNull(
        rig.client
            .configMaps()
            .inNamespace(NS)
            .withName(Names.policyConfigMap(bottle))
            .get()
            .getData()
            .get("policy.json"));
  }

  private static String policyHash(Bottle bottle) {
    return Objects.requireNonNull(
        Objects.requireNonNull(Objects.requireNonNull(bottle.getStatus()).bundle()).policyHash());
  }
}
