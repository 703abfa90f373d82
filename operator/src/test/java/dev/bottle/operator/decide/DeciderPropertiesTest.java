package dev.bottle.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.DaemonStatus;
import dev.bottle.crd.api.MachineStatus;
import dev.bottle.crd.api.Placement;
import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.condition.Conditions;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.names.Names;
import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.apply.StatusWriter;
import dev.bottle.operator.approval.Approvals;
import dev.bottle.operator.fixture.Twist;
import dev.bottle.operator.fixture.World;
import dev.bottle.operator.lease.AgentState;
import dev.bottle.operator.observe.Observation;
import dev.bottle.operator.render.Identity;
import dev.bottle.operator.render.PodPin;
import dev.bottle.operator.status.Outcome;
import dev.bottle.operator.status.Projection;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.PropertyDefaults;
import net.jqwik.api.Provide;

/** What holds of every world, however odd. */
@PropertyDefaults(tries = 200)
class DeciderPropertiesTest {

  @Provide
  Arbitrary<List<Twist>> twists() {
    return Arbitraries.of(Twist.values()).list().ofMaxSize(6);
  }

  /** Often proven: most twists make a Bottle not Ready. */
  @Provide
  Arbitrary<List<Twist>> fewTwists() {
    return Arbitraries.of(Twist.values()).list().ofMaxSize(2);
  }

  @Property
  void everyWorldHasAPlanAndAStatusOfOurOwnReasons(@ForAll("twists") List<Twist> twists) {
    Observation observation = Twist.twisted(twists).observe();
    Plan plan = World.DECIDER.decide(observation);

    for (Outcome outcome :
        List.of(new Outcome.Done(), new Outcome.Refused("no"), new Outcome.Taken("taken"))) {
      BottleStatus status = Projection.project(observation, plan, outcome);
      List<Condition> conditions = Objects.requireNonNull(status.conditions());
      assertThat(conditions).extracting(Condition::getType).doesNotHaveDuplicates();
      assertThat(conditions)
          .extracting(condition -> Reason.valueOf(condition.getReason()))
          .doesNotContainNull();
      assertThat(Conditions.of(conditions).owned(Projection.OWNED)).hasSameSizeAs(conditions);
      assertThat(status.phase()).isNotNull();
    }
  }

  @Property
  void kstatusReadsIt(@ForAll("twists") List<Twist> twists) {
    World world = Twist.twisted(twists);
    BottleStatus status = world.projected();
    Condition ready = condition(status, ConditionType.Ready);

    assertThat(status.observedGeneration()).isEqualTo(world.bottle.getMetadata().getGeneration());
    assertThat(ready.getObservedGeneration()).isEqualTo(status.observedGeneration());
    Conditions.of(status.conditions())
        .find(ConditionType.Stalled)
        .ifPresent(stalled -> {
          assertThat(stalled.getStatus()).isEqualTo("True");
          assertThat(ready.getStatus()).isNotEqualTo("True");
          assertThat(stalled.getReason()).isEqualTo(ready.getReason());
        });
  }

  @Property
  void timesChangeOnlyWithTheStatus(@ForAll("twists") List<Twist> twists) {
    World world = Twist.twisted(twists);
    Conditions former = Conditions.of(world.status().conditions());

    for (Condition condition : Objects.requireNonNull(world.projected().conditions())) {
      former
          .find(ConditionType.valueOf(condition.getType()))
          .filter(before -> before.getStatus().equals(condition.getStatus()))
          .ifPresentOrElse(
              before ->
                  assertThat(condition.getLastTransitionTime())
                      .isEqualTo(before.getLastTransitionTime()),
              () -> assertThat(condition.getLastTransitionTime()).isEqualTo(world.now.toString()));
    }
  }

  @Property
  void readyOnlyForThisPodThisPolicyAndThisBoot(
      @ForAll boolean whole, @ForAll("fewTwists") List<Twist> twists) {
    World world = Twist.twisted(whole ? World.whole() : World.ready(), twists);
    Assume.that(condition(world.projected(), ConditionType.Ready).getStatus().equals("True"));

    Pod pod = Objects.requireNonNull(world.pod);
    String uid = pod.getMetadata().getUid();
    var rendered = world.rendered();
    var status = world.status();
    MachineStatus machine = Objects.requireNonNull(status.machine());
    String boot = Objects.requireNonNull(machine.bootId());
    Placement placement = Objects.requireNonNull(world.projected().placement());
    assertThat(world.bottle.isMarkedForDeletion()).isFalse();
    assertThat(world.bottle.getSpec().running()).isTrue();
    assertThat(world.admin).isInstanceOf(AdminConfig.Valid.class);
    assertThat(Identity.owns(world.bottle, pod)).isTrue();
    assertThat(pod.isMarkedForDeletion()).isFalse();
    assertThat(pod.getSpec().getNodeName()).isEqualTo(placement.nodeName());
    assertThat(pod.getMetadata().getAnnotations())
        .containsEntry(Names.SHAPE_HASH_ANNOTATION, rendered.shapeHash())
        .containsEntry(PodPin.EPOCH_ANNOTATION, Long.toString(placement.epoch()));
    assertThat(world.agents.get(placement.nodeName())).isEqualTo(AgentState.Fresh);
    assertThat(Objects.requireNonNull(world.nodes.get(placement.nodeName())).uid())
        .isEqualTo(placement.nodeUID());
    assertThat(machine.state()).isEqualTo(MachineStatus.State.Running);
    assertThat(machine.podUID()).isEqualTo(uid);
    assertThat(machine.epoch()).isEqualTo(placement.epoch());
    var provisioned = Objects.requireNonNull(status.provisioned());
    assertThat(List.of(provisioned.podUID(), provisioned.bootId(), provisioned.guestHash()))
        .containsExactly(uid, boot, rendered.guestHash());
    var seal = Objects.requireNonNull(status.seal());
    assertThat(List.of(seal.podUID(), seal.bootId(), seal.policyHash()))
        .containsExactly(uid, boot, rendered.policyHash());
    assertThat(seal.probes())
        .isNotEmpty()
        .allMatch(probe -> probe.verdict() == ProbeResult.Verdict.Sealed);
    assertThat(Objects.requireNonNull(Objects.requireNonNull(status.bundle()).daemons()))
        .filteredOn(daemon ->
            daemon.ready()
                && daemon.podUID().equals(uid)
                && rendered.policyHash().equals(daemon.policyHash()))
        .extracting(DaemonStatus::name)
        .containsAll(
            pod.getSpec().getContainers().stream()
                .map(Container::getName)
                .filter(name -> !Set.of("gate", "pipelock").contains(name))
                .toList());
    for (ConditionType type :
        List.of(ConditionType.Booted, ConditionType.Provisioned, ConditionType.EgressSealed)) {
      assertThat(
              Conditions.of(status.conditions())
                  .isTrue(type, world.bottle.getMetadata().getGeneration()))
          .isTrue();
    }
  }

  @Property
  void aSilentAgentMakesReadyUnknown(
      @ForAll("fewTwists") List<Twist> twists, @ForAll AgentState silent) {
    World world = Twist.twisted(twists);
    Assume.that(silent != AgentState.Fresh);
    world.agents.replaceAll((node, state) -> silent);
    Assume.that(
        world.plan() instanceof Plan.Converge converge
            && !(converge.pod() instanceof PodStep.Hold)
            && converge.placement() != null
            && world.agents.get(converge.placement().nodeName()) != AgentState.Fresh);

    Condition ready = condition(world.projected(), ConditionType.Ready);
    assertThat(ready.getStatus()).isEqualTo("Unknown");
    assertThat(ready.getReason()).isEqualTo("AgentUnreachable");
    assertThat(condition(world.projected(), ConditionType.AgentReachable).getStatus())
        .isEqualTo("Unknown");
  }

  @Property
  void aNextLifeNeedsAnEndOfTheFormer(@ForAll("twists") List<Twist> twists) {
    World world = Twist.twisted(twists);
    Assume.that(world.plan() instanceof Plan.Converge && world.status().placement() != null);
    Placement placement = Objects.requireNonNull(world.status().placement());
    Plan.Converge plan = (Plan.Converge) world.plan();

    if (plan.pod() instanceof PodStep.Create(Pod pod) && PodPin.epoch(pod) != placement.epoch()) {
      assertThat(PodPin.epoch(pod)).isEqualTo(placement.epoch() + 1);
      assertThat(absent(world, placement) || vouched(world, placement)).isTrue();
    }
    Placement next = Objects.requireNonNull(plan.placement());
    if (!next.equals(placement)) {
      assertThat(next.epoch()).isGreaterThan(placement.epoch());
      assertThat(next.epoch()).isEqualTo(PodPin.epoch(Objects.requireNonNull(world.pod)));
      assertThat(world.bottle.getMetadata().getAnnotations())
          .doesNotContainKey(Names.FORCE_RELEASE_ANNOTATION);
    }
  }

  @Property
  void aPodIsForcedOnlyWhenAPersonVouchesForANodeThatIsSilent(
      @ForAll("twists") List<Twist> twists, @ForAll boolean vouched) {
    World world = Twist.twisted(twists);
    if (vouched) {
      Twist.VOUCHED_A.apply(world);
      Twist.AGENT_STALE.apply(world);
    }
    if (!(step(world.plan()) instanceof PodStep.Delete delete && delete.force())) {
      return;
    }

    Placement placement = Objects.requireNonNull(world.status().placement());
    assertThat(vouched(world, placement)).isTrue();
    assertThat(world.observe().isReachable(placement)).isFalse();
  }

  @Property
  void whatIsNotOursIsNeverTouched(@ForAll("twists") List<Twist> twists) {
    World world = Twist.twisted(twists);

    switch (step(world.plan())) {
      case PodStep.Delete delete -> assertThat(Identity.owns(world.bottle, delete.pod())).isTrue();
      case PodStep.Annotate bump -> assertThat(Identity.owns(world.bottle, bump.pod())).isTrue();
      case PodStep.Create create -> assertThat(world.pod).isNull();
      case PodStep.Keep keep -> {}
      case PodStep.AwaitGone await -> {}
      case PodStep.Hold hold -> {}
    }
  }

  @Property
  void theFinalizerStaysUntilTheMachineIsGone(@ForAll("twists") List<Twist> twists) {
    World world = Twist.twisted(twists).delete();
    Placement placement = world.status().placement();
    Plan.TearDown plan = (Plan.TearDown) world.plan();
    boolean podThere = world.pod != null && Identity.owns(world.bottle, world.pod);

    boolean gone = placement == null || absent(world, placement);
    boolean vouched = placement != null && vouched(world, placement);
    assertThat(plan.release() instanceof Plan.Released).isEqualTo(vouched || (gone && !podThere));
  }

  @Property
  void repeatedItComesToRest(@ForAll("twists") List<Twist> twists) {
    World world = Twist.twisted(twists);
    for (int round = 0; round < 8; round++) {
      world.step();
      world.podEnds();
    }
    Observation observation = world.observe();
    Plan plan = World.DECIDER.decide(observation);

    if (plan instanceof Plan.Converge converge) {
      assertThat(converge.apply()).isEmpty();
      assertThat(converge.vouchSpent()).isFalse();
    }
    assertThat(Approvals.decide(observation).isSettled()).isTrue();
    assertThat(step(plan)).isInstanceOfAny(PodStep.Keep.class, PodStep.Hold.class);
    assertThat(Projection.project(observation, plan, new Outcome.Done()))
        .isEqualTo(StatusWriter.owned(world.bottle.getStatus()));
  }

  private static PodStep step(Plan plan) {
    return switch (plan) {
      case Plan.Converge converge -> converge.pod();
      case Plan.Refuse refuse -> refuse.pod();
      case Plan.TearDown tearDown -> tearDown.pod();
    };
  }

  private static boolean absent(World world, Placement placement) {
    MachineStatus machine = world.status().machine();
    return machine != null
        && machine.state() == MachineStatus.State.Absent
        && Objects.equals(machine.epoch(), placement.epoch());
  }

  private static boolean vouched(World world, Placement placement) {
    var annotations = world.bottle.getMetadata().getAnnotations();
    return annotations != null
        && placement.nodeName().equals(annotations.get(Names.FORCE_RELEASE_ANNOTATION));
  }

  private static Condition condition(BottleStatus status, ConditionType type) {
    return Conditions.of(status.conditions()).find(type).orElseThrow();
  }
}
