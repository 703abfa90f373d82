package dev.bottle.operator.approval;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.AgentRequest;
import dev.bottle.crd.api.ApprovalDecision;
import dev.bottle.crd.api.ApprovalPhase;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.api.BottleApprovalSpec;
import dev.bottle.crd.api.BottleApprovalStatus;
import dev.bottle.crd.api.GrantStatus;
import dev.bottle.crd.api.RequestDecision;
import dev.bottle.crd.api.Verdict;
import dev.bottle.crd.names.Names;
import dev.bottle.crd.request.Ask;
import dev.bottle.operator.apply.StatusWriter;
import dev.bottle.operator.fixture.Requests;
import dev.bottle.operator.fixture.Tree;
import dev.bottle.operator.fixture.World;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApprovalsTest {
  private static final String HOST = Names.approval("demo", Requests.HOST.id());
  private static final String QUESTION = Names.approval("demo", Requests.QUESTION.id());

  private final World world = World.supervised();

  @Test
  void whatIsAskedBecomesAnApprovalOfItsOwn() {
    world.asks(Requests.HOST);
    ApprovalPlan plan = Approvals.decide(world.observe());

    assertThat(plan.create()).hasSize(1);
    assertThat(plan.pending()).isEqualTo(1);
    BottleApproval made = plan.create().getFirst();
    assertThat(made.getDecision()).isNull();
    assertThat(made.getMetadata().getName()).isEqualTo(HOST);
    assertThat(made.getMetadata().getLabels())
        .containsEntry(Names.BOTTLE_LABEL, "demo")
        .containsEntry("app.kubernetes.io/component", "approval");
    assertThat(made.getMetadata().getOwnerReferences())
        .singleElement()
        .satisfies(owner -> assertThat(owner.getUid()).isEqualTo(World.UID));
    assertThat(made.getSpec().requestHash()).isEqualTo(Requests.HOST.hash());
    assertThat(made.getSpec().egress()).isEqualTo(Requests.HOST.egress());
  }

  @Test
  void aRequestWaitsForAPerson() {
    asked(Requests.HOST, Requests.QUESTION);

    assertThat(status(HOST).phase()).isEqualTo(ApprovalPhase.Pending);
    assertThat(world.status().pendingRequests()).isEqualTo(2);
    assertThat(world.status().decisions()).isNull();
    assertThat(world.status().grants()).isNull();
    assertSettled();
  }

  @Test
  void anApprovedHostIsGrantedForNoLongerThanBothSaid() {
    asked(Requests.HOST);
    world.decides(Requests.HOST, Verdict.Approved, 120L).step();
    assertThat(world.status().grants()).as("before it is recorded").isNull();
    world.step();

    assertThat(status(HOST))
        .isEqualTo(
            new BottleApprovalStatus(
                2L,
                ApprovalPhase.Applied,
                "DecisionApplied",
                "host files.example.net is allowed until 2026-01-02T03:06:05Z",
                "2026-01-02T03:04:05Z",
                "2026-01-02T03:06:05Z"));
    assertThat(world.status().grants())
        .containsExactly(
            new GrantStatus(
                HOST, "files.example.net", List.of("GET"), "/pub", "2026-01-02T03:06:05Z"));
    assertThat(world.status().decisions())
        .containsExactly(
            new RequestDecision(
                Requests.HOST.id(), Requests.HOST.hash(), Verdict.Approved, "because"));
    assertThat(world.status().pendingRequests()).isNull();
    assertThat(policy())
        .contains("\"grants\":[{\"host\":\"files.example.net\",\"methods\":[\"GET\"]")
        .contains("\"notAfterSeconds\":1767323165");
    assertSettled();
  }

  @Test
  void aPersonWhoSaysNothingGrantsWhatWasAsked() {
    asked(Requests.HOST);
    world.decides(Requests.HOST, Verdict.Approved, null).step();

    assertThat(status(HOST).notAfter()).isEqualTo("2026-01-02T04:04:05Z");
  }

  @Test
  void aDecisionIsDatedOnce() {
    granted();
    BottleApprovalStatus first = status(HOST);
    world.pass(Duration.ofSeconds(30)).step();
    world.pass(Duration.ofSeconds(30)).step();

    assertThat(status(HOST)).isEqualTo(first);
  }

  @Test
  void aGrantChangesThePolicyAndNotThePod() {
    String shape = world.rendered().shapeHash();
    String former = world.rendered().policyHash();
    granted();

    assertThat(world.rendered().shapeHash()).isEqualTo(shape);
    assertThat(world.rendered().policyHash()).isNotEqualTo(former);
    assertThat(requireNonNull(world.pod).getMetadata().getAnnotations())
        .containsEntry(Names.POLICY_HASH_ANNOTATION, world.rendered().policyHash());
  }

  @Test
  void aGrantEndsWithItsTime() {
    String former = world.rendered().policyHash();
    granted();
    assertThat(Approvals.decide(world.observe()).next()).isEqualTo(World.NOW.plusSeconds(120));
    world.pass(Duration.ofMinutes(2)).step();

    assertThat(status(HOST).phase()).isEqualTo(ApprovalPhase.Ended);
    assertThat(world.status().grants()).isNull();
    assertThat(world.rendered().policyHash()).isEqualTo(former);
    assertSettled();
  }

  @Test
  void aGrantEndsWithItsApproval() {
    granted();
    world.set("/status/requests", null);
    world.approvals.clear();
    world.step();

    assertThat(world.status().grants()).isNull();
    assertThat(policy()).doesNotContain("grants");
    assertSettled();
  }

  @Test
  void aGrantOutlivesItsRequest() {
    granted();
    world.set("/status/requests", null).step();

    assertThat(world.status().grants()).hasSize(1);
    assertThat(world.status().decisions()).isNull();
    assertSettled();
  }

  @Test
  void aDeniedHostIsToldAndNotGranted() {
    asked(Requests.HOST);
    world.decides(Requests.HOST, Verdict.Denied, null).step();
    world.step();

    assertThat(status(HOST).phase()).isEqualTo(ApprovalPhase.Denied);
    assertThat(world.status().grants()).isNull();
    assertThat(world.status().decisions())
        .singleElement()
        .satisfies(decision -> assertThat(decision.verdict()).isEqualTo(Verdict.Denied));
  }

  @Test
  void anAnswerIsToldOnOneLine() {
    asked(Requests.QUESTION);
    world.decides(Requests.QUESTION, Verdict.Approved, null);
    BottleApproval approval = approval(QUESTION);
    var decision = requireNonNull(approval.getDecision());
    approval.setDecision(
        new ApprovalDecision(
            decision.verdict(), decision.requestHash(), "red,\nof \u202ecourse", null, "alice"));
    world.step();
    world.step();

    assertThat(requireNonNull(world.status().decisions()).getFirst().note())
        .isEqualTo("red, of course");
    assertThat(world.status().grants()).isNull();
  }

  @Test
  void whatNobodyDecidedGoesWithItsRequest() {
    asked(Requests.HOST);
    world.set("/status/requests", null).step();

    assertThat(world.approvals).isEmpty();
    assertThat(world.status().pendingRequests()).isNull();
    assertSettled();
  }

  @Test
  void whatNobodyDecidedInTimeWaitsForNobody() {
    asked(Requests.HOST);
    world.pass(Duration.ofDays(1)).step();

    assertThat(status(HOST).phase()).isEqualTo(ApprovalPhase.Expired);
    assertThat(status(HOST).reason()).isEqualTo("RequestExpired");
    assertThat(world.status().pendingRequests()).isNull();
    assertSettled();
  }

  @Test
  void aRequestThatIsOverIsNotAskedAgain() {
    world.pass(Duration.ofDays(1)).asks(Requests.HOST).step();

    assertThat(world.approvals).isEmpty();
    assertSettled();
  }

  @Test
  void aDecisionThatCameTooLateHasNoEffect() {
    asked(Requests.HOST);
    world.pass(Duration.ofDays(1)).decides(Requests.HOST, Verdict.Approved, null).step();
    world.step();

    assertThat(status(HOST).phase()).isEqualTo(ApprovalPhase.Expired);
    assertThat(status(HOST).reason()).isEqualTo("DecisionTooLate");
    assertThat(world.status().grants()).isNull();
    assertThat(world.status().decisions()).isNull();
    assertSettled();
  }

  @Test
  void aDecisionAboutSomethingElseHasNoEffect() {
    asked(Requests.HOST);
    world.decides(Requests.HOST, Verdict.Approved, null);
    world.asks(
        Requests.request(
            Requests.HOST.id(), new Ask.Egress("evil.example.net", List.of(), null, 86_400)));
    world.step();
    world.step();

    assertThat(status(HOST).reason()).isEqualTo("DecisionNotOfRequest");
    assertThat(world.status().grants()).isNull();
    assertThat(world.status().decisions()).isNull();
  }

  @Test
  void anApprovalWhoseWordsAreNotItsHashGrantsNothing() {
    asked(Requests.HOST);
    BottleApproval approval = approval(HOST);
    BottleApprovalSpec spec = approval.getSpec();
    world.approvals.put(
        HOST, Tree.with(approval, BottleApproval.class, "/spec/egress/host", "evil.example.net"));
    world.decides(Requests.HOST, Verdict.Approved, null).step();
    world.step();

    assertThat(approval(HOST).getSpec()).isNotEqualTo(spec);
    assertThat(status(HOST).reason()).isEqualTo("DecisionNotOfRequest");
    assertThat(world.status().grants()).isNull();
  }

  @Test
  void aRequestThatIsNotWhatItsHashSaysIsNoRequest() {
    AgentRequest honest = Requests.HOST;
    world.asks(
        new AgentRequest(
            honest.id(),
            Requests.QUESTION.hash(),
            honest.egress(),
            null,
            null,
            honest.reason(),
            honest.requestedAt(),
            honest.expiresAt()));
    world.step();

    assertThat(world.approvals).isEmpty();
    assertSettled();
  }

  @Test
  void aDecisionAfterTheRequestHadEndedHasNoEffect() {
    asked(Requests.HOST);
    world.set("/status/requests", null).decides(Requests.HOST, Verdict.Approved, null).step();
    world.step();

    assertThat(status(HOST).phase()).isEqualTo(ApprovalPhase.Withdrawn);
    assertThat(world.status().grants()).isNull();
    assertSettled();
  }

  @Test
  void approvalsOfAFormerBottleOfThisNameAreNotTouched() {
    granted();
    world.set("/metadata/uid", "another").set("/status/requests", null);
    ApprovalPlan plan = Approvals.decide(world.observe());

    assertThat(plan.isSettled()).isTrue();
    assertThat(plan.grants()).isEmpty();
  }

  @Test
  void ofABottleThatIsBeingDeletedNothingIsDone() {
    granted();
    world.delete();
    ApprovalPlan plan = Approvals.decide(world.observe());

    assertThat(plan).isEqualTo(ApprovalPlan.NOTHING);
    assertThat(world.projected().grants()).as("as the policy has it").hasSize(1);
    assertThat(world.projected().decisions()).isNull();
  }

  @Test
  void beyondTheBoundNoGrantBegins() {
    for (int number = 0; number < Approvals.MAX_GRANTS + 1; number++) {
      AgentRequest request = host(number);
      asked(request);
      world.decides(request, Verdict.Approved, null).step();
      world.set("/status/requests", null).step();
    }
    assertThat(world.status().grants()).hasSize(Approvals.MAX_GRANTS);
    String last = Names.approval("demo", host(Approvals.MAX_GRANTS).id());
    assertThat(status(last).reason()).isEqualTo("TooManyGrants");
    assertSettled();
  }

  @Test
  void whatTheCacheDoesNotKnowToBeActiveTakesRoom() {
    grantAllBut(1);
    AgentRequest first = host(50);
    AgentRequest second = host(51);
    asked(first, second);
    world.decides(second, Verdict.Approved, null);
    String name = Names.approval("demo", second.id());
    BottleApproval stale = Tree.copy(approval(name), BottleApproval.class);
    world.step();
    BottleApproval recorded = approval(name);
    assertThat(status(name).phase()).isEqualTo(ApprovalPhase.Applied);

    world.decides(first, Verdict.Approved, null);
    world.approvals.put(name, stale);
    assertThat(Approvals.decide(world.observe()).record())
        .extracting(recording -> recording.status().phase())
        .doesNotContain(ApprovalPhase.Applied);
    world.approvals.put(name, recorded);
    world.step();
    assertThat(status(Names.approval("demo", first.id())).reason()).isEqualTo("TooManyGrants");
    assertThat(Approvals.decide(world.observe()).grants()).hasSize(Approvals.MAX_GRANTS);
  }

  @Test
  void asManyBeginAsThereIsRoomFor() {
    grantAllBut(2);
    AgentRequest[] requests =
        IntStream.range(50, 55).mapToObj(ApprovalsTest::host).toArray(AgentRequest[]::new);
    asked(requests);
    for (AgentRequest request : requests) {
      world.decides(request, Verdict.Approved, null);
    }
    world.step();
    world.step();
    world.step();

    assertThat(Stream.of(requests).map(request -> Names.approval("demo", request.id())))
        .extracting(name -> status(name).reason())
        .containsExactly(
            "DecisionApplied",
            "DecisionApplied",
            "TooManyGrants",
            "TooManyGrants",
            "TooManyGrants");
    assertThat(world.status().grants()).hasSize(Approvals.MAX_GRANTS);
    assertSettled();
  }

  /** It cannot be, and would be no reason to hide one. */
  @Test
  void aGrantTooManyIsEndedAndSaysSo() {
    grantAllBut(0);
    String last = world.approvals.lastKey();
    String name = last.replace("r0", "rz");
    BottleApproval surplus = Tree.copy(approval(last), BottleApproval.class);
    surplus.getMetadata().setName(name);
    world.approvals.put(name, surplus);
    assertThat(Approvals.decide(world.observe()).grants()).hasSize(Approvals.MAX_GRANTS);
    world.step();

    assertThat(status(name).phase()).isEqualTo(ApprovalPhase.Ended);
    assertThat(status(name).reason()).isEqualTo("TooManyGrants");
    assertThat(status(last).phase()).isEqualTo(ApprovalPhase.Applied);
    assertSettled();
  }

  private void grantAllBut(int room) {
    AgentRequest[] requests =
        IntStream.range(0, Approvals.MAX_GRANTS - room)
            .mapToObj(ApprovalsTest::host)
            .toArray(AgentRequest[]::new);
    asked(requests);
    for (AgentRequest request : requests) {
      world.decides(request, Verdict.Approved, null);
    }
    world.step();
    world.set("/status/requests", null).step();
    assertThat(world.status().grants()).hasSize(Approvals.MAX_GRANTS - room);
  }

  @Test
  void aDecisionCountsFromWhenItWasMade() {
    asked(Requests.HOST);
    world.decides(Requests.HOST, Verdict.Approved, 600L).pass(Duration.ofMinutes(4)).step();
    world.step();

    assertThat(status(HOST).decidedAt()).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(status(HOST).notAfter()).isEqualTo("2026-01-02T03:14:05Z");
    assertThat(world.status().grants())
        .singleElement()
        .satisfies(grant -> assertThat(grant.notAfter()).isEqualTo("2026-01-02T03:14:05Z"));
  }

  @Test
  void whatWasOverBeforeItWasSeenOpensNothing() {
    asked(Requests.HOST);
    world.decides(Requests.HOST, Verdict.Approved, 1800L).pass(Duration.ofHours(5)).step();
    world.step();

    assertThat(status(HOST))
        .isEqualTo(
            new BottleApprovalStatus(
                2L,
                ApprovalPhase.Expired,
                "GrantEnded",
                "what was allowed ended at 2026-01-02T03:34:05Z, before the operator saw the"
                    + " decision; it has no effect",
                "2026-01-02T03:04:05Z",
                null));
    assertThat(world.status().grants()).isNull();
    assertThat(world.status().decisions()).isNull();
    assertSettled();
  }

  @Test
  void aDecisionInTimeIsNotLateForBeingSeenLate() {
    asked(Requests.HOST, Requests.QUESTION);
    world.pass(Duration.ofHours(23).plusMinutes(30));
    world.decides(Requests.HOST, Verdict.Approved, null);
    world.decides(Requests.QUESTION, Verdict.Approved, null);
    world.pass(Duration.ofMinutes(45)).step();

    assertThat(status(QUESTION).phase()).isEqualTo(ApprovalPhase.Applied);
    assertThat(status(HOST).phase()).isEqualTo(ApprovalPhase.Applied);
    assertThat(status(HOST).notAfter()).isEqualTo("2026-01-03T03:34:05Z");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-01-02T03:04:06Z",
        "+1000000000-12-31T23:59:59Z",
        "nonsense",
        "",
        "of another field"
      })
  void aDecisionOfNoKnownTimeCountsFromWhenItIsSeen(String time) {
    asked(Requests.HOST);
    world.decides(Requests.HOST, Verdict.Approved, null);
    ManagedFieldsEntry entry = Requests.decided(World.NOW);
    entry.setTime(time);
    if (time.equals("of another field")) {
      entry = new ManagedFieldsEntryBuilder(Requests.decided(World.NOW.minusSeconds(60))).build();
      entry.getFieldsV1().setAdditionalProperties(Map.of("f:metadata", Map.of()));
    }
    approval(HOST).getMetadata().setManagedFields(List.of(entry));
    world.step();

    assertThat(status(HOST).decidedAt()).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(status(HOST).phase()).isEqualTo(ApprovalPhase.Applied);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "+1000000000-12-31T23:59:59Z",
        "+10000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-01-02T03:05:06Z",
        "nonsense"
      })
  void whatIsNoTimeThatHasBeenGrantsNothing(String decidedAt) {
    granted();
    dated(decidedAt);
    world.step();

    assertThat(world.status().grants()).isNull();
    assertThat(status(HOST).phase()).isEqualTo(ApprovalPhase.Ended);
    assertThat(status(HOST).message()).contains("no time that has been");
    assertSettled();
  }

  @Test
  void clocksMayDifferALittle() {
    granted();
    dated("2026-01-02T03:05:05Z");
    world.step();

    assertThat(world.status().grants()).hasSize(1);
  }

  private void dated(String decidedAt) {
    world.approvals.put(
        HOST, Tree.with(approval(HOST), BottleApproval.class, "/status/decidedAt", decidedAt));
  }

  @Test
  void anAgentThatMayNoLongerAskAsksNothing() {
    granted();
    world.asks(Requests.HOST, Requests.QUESTION, Requests.UPSTREAM).step();
    world.step();
    world.decides(Requests.UPSTREAM, Verdict.Approved, null);
    world.edit("/spec/supervise", Map.of("enabled", false)).step();
    world.step();

    assertThat(world.approvals)
        .containsOnlyKeys(HOST, Names.approval("demo", Requests.UPSTREAM.id()));
    assertThat(status(Names.approval("demo", Requests.UPSTREAM.id())).phase())
        .isEqualTo(ApprovalPhase.Withdrawn);
    assertThat(world.status().pendingRequests()).isNull();
    assertThat(world.status().decisions()).isNull();
    assertThat(world.status().grants()).as("to its time").hasSize(1);
    assertThat(Approvals.decide(world.observe()).isSettled()).isTrue();
    world.pass(Duration.ofMinutes(2)).step();
    assertThat(world.status().grants()).isNull();
  }

  @Test
  void theNewestDecidedOnesAreKept() {
    int all = Approvals.MAX_DECIDED + 3;
    for (int number = 0; number < all; number++) {
      AgentRequest request = host(number);
      asked(request);
      world.pass(Duration.ofSeconds(1)).decides(request, Verdict.Denied, null).step();
      world.set("/status/requests", null).step();
    }
    world.step();

    assertThat(world.approvals.keySet())
        .containsExactlyElementsOf(
            IntStream.range(3, all)
                .mapToObj(number -> Names.approval("demo", host(number).id()))
                .toList());
    assertSettled();
  }

  private static AgentRequest host(int number) {
    return Requests.request(
        Requests.id(100 + number),
        new Ask.Egress("h" + number + ".example.net", List.of(), null, 3600));
  }

  private void granted() {
    asked(Requests.HOST);
    world.decides(Requests.HOST, Verdict.Approved, 120L).step();
    world.step();
  }

  private void asked(AgentRequest... requests) {
    world.asks(requests).step();
    world.step();
  }

  private BottleApproval approval(String name) {
    return requireNonNull(world.approvals.get(name), name);
  }

  private BottleApprovalStatus status(String name) {
    return requireNonNull(approval(name).getStatus(), name);
  }

  private String policy() {
    return requireNonNull(requireNonNull(world.policy).getData().get("policy.json"));
  }

  private void assertSettled() {
    assertThat(Approvals.decide(world.observe()).isSettled()).isTrue();
    assertThat(world.projected()).isEqualTo(StatusWriter.owned(world.bottle.getStatus()));
  }
}
