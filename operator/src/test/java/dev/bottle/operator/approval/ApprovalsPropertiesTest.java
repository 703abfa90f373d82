package dev.bottle.operator.approval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.AgentRequest;
import dev.bottle.crd.api.ApprovalDecision;
import dev.bottle.crd.api.ApprovalPhase;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.api.BottleApprovalStatus;
import dev.bottle.crd.api.GrantStatus;
import dev.bottle.crd.api.Verdict;
import dev.bottle.crd.names.Names;
import dev.bottle.crd.request.Ask;
import dev.bottle.operator.fixture.Requests;
import dev.bottle.operator.fixture.Tree;
import dev.bottle.operator.fixture.World;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.PropertyDefaults;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** What holds whatever agents, people and clocks do, in any order. */
@PropertyDefaults(tries = 100)
class ApprovalsPropertiesTest {
  private static final int REQUESTS = 30;

  /** What somebody does. */
  enum Act {
    ASK,
    ASK_SOMETHING_ELSE_BY_THAT_ID,
    WITHDRAW,
    APPROVE,
    APPROVE_FOR_LESS,
    DENY,
    DELETE,
    REWRITE,
    RECONCILE,
    AN_HOUR_LATER
  }

  record Step(Act act, int request) {}

  @Provide
  Arbitrary<List<Step>> stories() {
    Arbitrary<Act> acts =
        Arbitraries.frequency(
            net.jqwik.api.Tuple.of(8, Act.ASK),
            net.jqwik.api.Tuple.of(1, Act.ASK_SOMETHING_ELSE_BY_THAT_ID),
            net.jqwik.api.Tuple.of(2, Act.WITHDRAW),
            net.jqwik.api.Tuple.of(5, Act.APPROVE),
            net.jqwik.api.Tuple.of(2, Act.APPROVE_FOR_LESS),
            net.jqwik.api.Tuple.of(2, Act.DENY),
            net.jqwik.api.Tuple.of(1, Act.DELETE),
            net.jqwik.api.Tuple.of(1, Act.REWRITE),
            net.jqwik.api.Tuple.of(8, Act.RECONCILE),
            net.jqwik.api.Tuple.of(1, Act.AN_HOUR_LATER));
    return Combinators.combine(acts, Arbitraries.integers().between(0, REQUESTS - 1))
        .as(Step::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(80);
  }

  @Property
  void whateverHappens(@ForAll("stories") List<Step> stories) {
    Story story = new Story();
    for (Step step : stories) {
      story.take(step);
      story.check();
    }
    // Left alone it comes to rest, and then nothing is written.
    for (int round = 0; round < 4; round++) {
      story.world.step();
      story.check();
    }
    ApprovalPlan plan = Approvals.decide(story.world.observe());
    assertThat(plan.isSettled()).isTrue();
    assertThat(plan).isEqualTo(Approvals.decide(story.world.observe()));
    assertThat(decidedWithoutEffect(story.world)).isLessThanOrEqualTo(Approvals.MAX_DECIDED);
  }

  /** What happens before one reconcile: who is decided, and whose recording it does not see. */
  record Round(Set<Integer> decided, Set<Integer> unseen) {}

  @Provide
  Arbitrary<List<Round>> rounds() {
    Arbitrary<Set<Integer>> some = Arbitraries.integers().between(0, 11).set().ofMaxSize(12);
    return Combinators.combine(some.filter(decided -> decided.size() < 6), some)
        .as(Round::new)
        .list()
        .ofMaxSize(8);
  }

  @Property
  void whateverIsNotSeenYetNoMoreAreActiveThanMayBe(
      @ForAll @IntRange(min = 10, max = 19) int active,
      @ForAll @IntRange(min = 1, max = 12) int more,
      @ForAll("rounds") List<Round> rounds) {
    World world = World.supervised();
    asked(world, 0, active);
    decided(world, IntStream.range(0, active));
    world.step();
    assertThat(active(world)).isEqualTo(active);
    asked(world, active, more);
    for (Round round : rounds) {
      decided(world, round.decided().stream().mapToInt(index -> active + index));
      TreeMap<String, BottleApproval> truth = new TreeMap<>(world.approvals);
      round
          .unseen()
          .forEach(index ->
              world.approvals.computeIfPresent(
                  name(active + index), (_, seen) -> unrecorded(seen)));
      ApprovalPlan plan = Approvals.decide(world.observe());
      world.approvals.putAll(truth);
      plan.record().stream()
          .filter(recording -> isStill(recording.approval(), truth))
          .forEach(recording -> world.actOnApprovals(recorded(recording)));
      assertThat(active(world)).isLessThanOrEqualTo(Approvals.MAX_GRANTS);
    }
    decided(world, IntStream.range(active, active + more));
    for (int round = 0; round < 3; round++) {
      world.step();
      assertThat(active(world)).isLessThanOrEqualTo(Approvals.MAX_GRANTS);
    }
    assertThat(active(world)).isEqualTo(Math.min(active + more, Approvals.MAX_GRANTS));
    assertThat(Approvals.decide(world.observe()).isSettled()).isTrue();
  }

  private static String name(int number) {
    return Names.approval("demo", Requests.id(number));
  }

  private static void asked(World world, int first, int count) {
    world
        .asks(
            IntStream.range(first, first + count)
                .mapToObj(number -> Story.request(number, "h"))
                .toArray(AgentRequest[]::new))
        .step();
    world.step();
  }

  private static void decided(World world, IntStream numbers) {
    numbers.forEach(number -> world.decides(Story.request(number, "h"), Verdict.Approved, null));
  }

  /** As the cache has it that has not seen what was recorded. */
  private static BottleApproval unrecorded(BottleApproval recorded) {
    BottleApprovalStatus status = recorded.getStatus();
    return status == null || status.phase() == ApprovalPhase.Pending
        ? recorded
        : Tree.with(
            Tree.with(recorded, BottleApproval.class, "/status", null),
            BottleApproval.class,
            "/metadata/resourceVersion",
            "0");
  }

  private static long active(World world) {
    return world.approvals.values().stream()
        .filter(approval -> Granting.active(approval, world.now).isPresent())
        .count();
  }

  private static boolean isStill(BottleApproval seen, Map<String, BottleApproval> truth) {
    return Objects.requireNonNull(truth.get(seen.getMetadata().getName()))
        .getMetadata()
        .getResourceVersion()
        .equals(seen.getMetadata().getResourceVersion());
  }

  private static ApprovalPlan recorded(ApprovalPlan.Recording recording) {
    return new ApprovalPlan(
        List.of(), List.of(recording), List.of(), List.of(), List.of(), List.of(), 0, null);
  }

  private static long decidedWithoutEffect(World world) {
    List<AgentRequest> open = requests(world);
    return world.approvals.values().stream()
        .filter(approval -> approval.getDecision() != null)
        .filter(approval -> Granting.active(approval, world.now).isEmpty())
        .filter(approval ->
            open.stream().noneMatch(request -> request.id().equals(approval.getSpec().requestId())))
        .count();
  }

  private static List<AgentRequest> requests(World world) {
    List<AgentRequest> requests = world.status().requests();
    return requests == null ? List.of() : requests;
  }

  /** One Bottle and all that happens to it. */
  private static final class Story {
    private final World world = World.supervised();
    private final Map<String, ApprovalDecision> decisions = new HashMap<>();
    private final Map<String, Instant> decided = new HashMap<>();

    void take(Step step) {
      AgentRequest request = request(step.request(), "h");
      switch (step.act()) {
        case ASK -> ask(request);
        case ASK_SOMETHING_ELSE_BY_THAT_ID -> {
          withdraw(request);
          ask(request(step.request(), "other"));
        }
        case WITHDRAW -> withdraw(request);
        case APPROVE -> world.decides(request, Verdict.Approved, null);
        case APPROVE_FOR_LESS -> world.decides(request, Verdict.Approved, 60L);
        case DENY -> world.decides(request, Verdict.Denied, null);
        case DELETE -> forget(Names.approval("demo", request.id()));
        case REWRITE ->
            world.approvals.computeIfPresent(
                Names.approval("demo", request.id()),
                (name, approval) ->
                    Tree.with(
                        approval, BottleApproval.class, "/spec/egress/host", "evil.example.net"));
        case RECONCILE -> world.step();
        case AN_HOUR_LATER -> world.pass(Duration.ofHours(1));
      }
    }

    void check() {
      ApprovalPlan plan = Approvals.decide(world.observe());
      assertThat(plan.create())
          .allSatisfy(made -> assertThat(made.getDecision()).isNull())
          .allSatisfy(
              made -> assertThat(world.approvals).doesNotContainKey(made.getMetadata().getName()));
      assertThat(plan.pending()).isLessThanOrEqualTo(Approvals.MAX_OPEN);
      assertThat(plan.decisions()).hasSizeLessThanOrEqualTo(Approvals.MAX_OPEN);
      assertThat(plan.grants()).hasSizeLessThanOrEqualTo(Approvals.MAX_GRANTS);
      plan.grants().forEach(this::checkGrant);
      plan.remove()
          .forEach(gone -> assertThat(Granting.active(gone, world.now)).as("%s", gone).isEmpty());
      plan.opened()
          .forEach(opened ->
              assertThat(plan.grants())
                  .extracting(GrantStatus::approval)
                  .contains(Names.approval("demo", opened.id())));
      Stream.concat(plan.decisions().stream(), plan.opened().stream())
          .forEach(decision ->
              assertThat(requests(world))
                  .anyMatch(request ->
                      request.id().equals(decision.id())
                          && request.hash().equals(decision.hash())));
      decisions.keySet().retainAll(world.approvals.keySet());
      decided.keySet().retainAll(world.approvals.keySet());
      world.approvals.forEach((name, approval) -> {
        ApprovalDecision decision = approval.getDecision();
        if (decision == null) {
          assertThat(decisions).doesNotContainKey(name);
        } else {
          // Nobody but a person ever makes or changes one.
          assertThat(decisions.computeIfAbsent(name, _ -> decision)).isEqualTo(decision);
        }
        if (approval.getStatus() != null && approval.getStatus().decidedAt() != null) {
          Instant at = Instant.parse(approval.getStatus().decidedAt());
          assertThat(decided.computeIfAbsent(name, _ -> at)).isEqualTo(at);
        }
      });
    }

    private void checkGrant(GrantStatus grant) {
      BottleApproval approval = Objects.requireNonNull(world.approvals.get(grant.approval()));
      ApprovalDecision decision = Objects.requireNonNull(approval.getDecision());
      assertThat(decision.verdict()).isEqualTo(Verdict.Approved);
      assertThat(Objects.requireNonNull(approval.getStatus()).phase())
          .isEqualTo(ApprovalPhase.Applied);
      assertThat(Asked.of(approval.getSpec())).isPresent();
      assertThat(grant.host()).isNotEqualTo("evil.example.net");
      Instant end = Instant.parse(grant.notAfter());
      assertThat(end).isAfter(world.now);
      long longest = decision.ttlSeconds() == null ? 3600 : decision.ttlSeconds();
      Instant decidedAt =
          Instant.parse(approval.getMetadata().getManagedFields().getFirst().getTime());
      assertThat(end).isBeforeOrEqualTo(decidedAt.plusSeconds(longest));
    }

    private void ask(AgentRequest request) {
      List<AgentRequest> requests = new ArrayList<>(requests(world));
      if (requests.size() < Approvals.MAX_OPEN
          && requests.stream().noneMatch(open -> open.id().equals(request.id()))) {
        requests.add(request);
        world.asks(requests.toArray(AgentRequest[]::new));
      }
    }

    private void withdraw(AgentRequest request) {
      world.asks(
          requests(world).stream()
              .filter(open -> !open.id().equals(request.id()))
              .toArray(AgentRequest[]::new));
    }

    private void forget(String name) {
      world.approvals.remove(name);
      decisions.remove(name);
      decided.remove(name);
    }

    private static AgentRequest request(int number, String host) {
      return Requests.request(
          Requests.id(number),
          new Ask.Egress(host + number + ".example.net", List.of(), null, 3600));
    }
  }
}
