package dev.bottle.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.bottle.crd.api.Placement;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.names.Names;
import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.admin.Cidr;
import dev.bottle.operator.cluster.NodeFacts;
import dev.bottle.operator.fixture.World;
import dev.bottle.operator.lease.AgentState;
import dev.bottle.operator.render.PodPin;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeciderTest {
  private static final Placement ON_A = new Placement("node-a", "uid-of-node-a", 1);

  @Test
  void ofANewBottleTheWallsAreAppliedBeforeThePod() {
    Plan.Converge plan = converge(World.fresh());

    assertThat(plan.apply())
        .extracting(HasMetadata::getKind, object -> object.getMetadata().getName())
        .containsExactly(
            tuple("NetworkPolicy", "bottle-demo"),
            tuple("ConfigMap", "bottle-demo-policy"),
            tuple("ConfigMap", "bottle-demo-guest"));
    Pod pod = created(plan);
    assertThat(PodPin.epoch(pod)).isEqualTo(1);
    assertThat(pod.getSpec().getAffinity()).isNull();
    assertThat(plan.placement()).isNull();
  }

  @Test
  void whatConvergedIsLeftAlone() {
    Plan.Converge plan = converge(World.ready());

    assertThat(plan.apply()).isEmpty();
    assertThat(plan.pod()).isEqualTo(new PodStep.Keep());
    assertThat(plan.placement()).isEqualTo(ON_A);
  }

  @Test
  void theFirstNodeOfThePodIsThePlacement() {
    World world = World.fresh();
    world.step();
    world.schedule("node-b");

    assertThat(converge(world).placement()).isEqualTo(new Placement("node-b", "uid-of-node-b", 1));
  }

  @Test
  void aNodeThatIsNotKnownYetIsNoPlacement() {
    World world = World.fresh();
    world.step();
    world.schedule("node-new");

    assertThat(converge(world).placement()).isNull();
  }

  @Test
  void anAllowListEditBumpsThePodAndReplacesNothing() {
    World world = World.ready().edit("/spec/egress/allow", List.of("other.example.org"));
    Plan.Converge plan = converge(world);

    assertThat(plan.apply())
        .extracting(object -> object.getMetadata().getName())
        .containsExactly("bottle-demo-policy");
    assertThat(plan.pod())
        .asInstanceOf(type(PodStep.Annotate.class))
        .extracting(PodStep.Annotate::annotations)
        .isEqualTo(
            Map.of(
                Names.POLICY_HASH_ANNOTATION,
                plan.rendered().policyHash(),
                Names.GUEST_HASH_ANNOTATION,
                plan.rendered().guestHash()));
  }

  @Test
  void anotherSizeReplacesThePodOnItsNode() {
    World world = World.ready().edit("/spec/machine/cpus", 4);

    assertThat(converge(world).pod()).isInstanceOf(PodStep.Delete.class);
    world.step();
    assertThat(converge(world).pod()).isInstanceOf(PodStep.AwaitGone.class);
    world.podEnds();
    Pod pod = created(converge(world));
    assertThat(PodPin.epoch(pod)).isEqualTo(1);
    assertThat(pinned(pod)).isEqualTo("node-a");
  }

  @Test
  void anotherGuestImageIsTheAgentsMatter() {
    assertThat(converge(World.ready().edit("/spec/image", "registry.test/agent:2")).pod())
        .isEqualTo(new PodStep.Keep());
  }

  @Test
  void anEvictedPodIsReplacedAndItsMessageIsKept() {
    World world =
        World.ready()
            .setPod("/status/phase", "Failed")
            .setPod("/status/reason", "Evicted")
            .setPod("/status/message", "the node was low on memory");

    assertThat(converge(world).pod())
        .asInstanceOf(type(PodStep.Delete.class))
        .satisfies(delete -> {
          assertThat(delete.force()).isFalse();
          assertThat(delete.reason()).isEqualTo(Reason.PodFailed);
          assertThat(delete.message()).contains("Evicted", "low on memory");
        });
  }

  @Test
  void whatSomebodyTamperedWithIsAppliedAgain() {
    World world = World.ready();
    Objects.requireNonNull(world.policy).getData().put("policy.json", "{}");
    Objects.requireNonNull(world.networkPolicy).getSpec().getPolicyTypes().remove("Egress");
    Objects.requireNonNull(world.guest).getMetadata().getLabels().remove(Names.BOTTLE_LABEL);

    assertThat(converge(world).apply()).hasSize(3);
  }

  @Test
  void labelsOfOthersAreLeftAlone() {
    World world = World.ready();
    Objects.requireNonNull(world.policy).getMetadata().getLabels().put("team", "blue");

    assertThat(converge(world).apply()).isEmpty();
  }

  @Test
  void objectsOfAFormerBottleOfThisNameAreNotTouched() {
    World world = World.ready().set("/metadata/uid", "another");

    assertThat(world.plan())
        .asInstanceOf(type(Plan.Refuse.class))
        .satisfies(refuse -> {
          assertThat(refuse.reason()).isEqualTo(Reason.NameTaken);
          assertThat(refuse.stalled()).isFalse();
          assertThat(refuse.pod()).isEqualTo(new PodStep.Keep());
        });
    assertThat(world.set("/spec/running", false).plan())
        .asInstanceOf(type(Plan.Refuse.class))
        .extracting(Plan.Refuse::pod)
        .isEqualTo(new PodStep.Keep());
  }

  @Test
  void withoutInspectionOnlyWhereAnAdminAllowsIt() {
    World world = World.ready().edit("/spec/egress/inspection", "None");

    assertThat(world.plan())
        .asInstanceOf(type(Plan.Refuse.class))
        .satisfies(refuse -> {
          assertThat(refuse.reason()).isEqualTo(Reason.InspectionRequired);
          assertThat(refuse.message()).contains("allowUninspected", "bottle-system/bottle-admin");
          assertThat(refuse.pod()).isInstanceOf(PodStep.Delete.class);
        });

    world.admin = new AdminConfig.Valid(new AdminConfig(List.of(), "", List.of(), true, null));
    assertThat(world.plan()).isInstanceOf(Plan.Converge.class);
  }

  @Test
  void pipelockRunsOnlyWhereAnAdminNamesItsImage() {
    World world = World.ready().edit("/spec/egress/inspection", "Pipelock");

    assertThat(world.plan())
        .asInstanceOf(type(Plan.Refuse.class))
        .satisfies(refuse -> {
          assertThat(refuse.reason()).isEqualTo(Reason.PipelockImageMissing);
          assertThat(refuse.message()).contains("pipelockImage", "bottle-system/bottle-admin");
          assertThat(refuse.stalled()).isTrue();
          assertThat(refuse.pod()).isInstanceOf(PodStep.Delete.class);
        });

    world.admin = naming(List.of());
    Plan.Converge converge = (Plan.Converge) world.plan();
    assertThat(converge.rendered().withPipelock()).isTrue();
    assertThat(converge.pod()).isInstanceOf(PodStep.Delete.class); // its shape is another
  }

  @Test
  void whatPipelockWouldNotKeepToIsRefused() {
    World world = World.ready().edit("/spec/egress/inspection", "Pipelock");
    world.admin =
        naming(List.of(new AdminConfig.Destination(Cidr.parse("0.0.0.0/0"), List.of(443))));

    assertThat(world.plan())
        .asInstanceOf(type(Plan.Refuse.class))
        .satisfies(refuse -> {
          assertThat(refuse.reason()).isEqualTo(Reason.PipelockConfigInvalid);
          assertThat(refuse.message()).contains("0.0.0.0/0", "narrower");
          assertThat(refuse.pod()).isInstanceOf(PodStep.Delete.class);
        });
  }

  private static AdminConfig.Valid naming(List<AdminConfig.Destination> opened) {
    return new AdminConfig.Valid(
        new AdminConfig(opened, "", List.of(), false, "registry.test/pipelock:2.3.0"));
  }

  @Test
  void anUnusableAdminConfigIsRefusedAndWhatRunsStays() {
    World world = World.ready();
    world.admin = new AdminConfig.Invalid("config.yaml: bad");

    assertThat(world.plan())
        .isEqualTo(
            new Plan.Refuse(
                Reason.AdminConfigInvalid,
                "ConfigMap bottle-system/bottle-admin: config.yaml: bad",
                true,
                new PodStep.Keep()));
  }

  @Test
  void stoppingNeedsNothingThatCanBeRefused() {
    World world = World.ready().edit("/spec/running", false);
    world.admin = new AdminConfig.Invalid("config.yaml: bad");

    assertThat(world.plan())
        .asInstanceOf(type(Plan.Refuse.class))
        .extracting(Plan.Refuse::pod)
        .isInstanceOf(PodStep.Delete.class);
  }

  @Test
  void stoppedKeepsThePlacementAndReturnsToIt() {
    World world = World.ready().edit("/spec/running", false);
    assertThat(converge(world).pod())
        .asInstanceOf(type(PodStep.Delete.class))
        .extracting(PodStep.Delete::reason)
        .isEqualTo(Reason.Stopped);
    world.step();
    world.podEnds().step();
    assertThat(converge(world).pod())
        .isEqualTo(new PodStep.Hold(Reason.Stopped, "spec.running is false"));
    assertThat(world.status().placement()).isEqualTo(ON_A);

    world.edit("/spec/running", true);
    assertThat(pinned(created(converge(world)))).isEqualTo("node-a");
  }

  @Test
  void aGoneNodeHoldsTheBottle() {
    World world = World.ready();
    world.nodes.remove("node-a");
    assertHeldForGoneNode(world);
    world.pod = null;
    assertHeldForGoneNode(world);
  }

  @Test
  void anotherNodeOfTheSameNameIsAnotherNode() {
    World world = World.ready();
    world.nodes.put("node-a", new NodeFacts("node-a", "reinstalled", List.of()));
    world.pod = null;

    assertHeldForGoneNode(world);
  }

  @Test
  void anUnreachableNodeIsNotADeadOne() {
    World world = World.ready();
    world.agents.put("node-a", AgentState.Stale);
    world.setPod("/metadata/deletionTimestamp", "2026-01-02T03:00:00Z");

    assertThat(converge(world).pod()).isInstanceOf(PodStep.AwaitGone.class);
    assertThat(converge(world).placement()).isEqualTo(ON_A);
  }

  @Test
  void aVouchedNodeIsGivenUpWithoutItsConfirmation() {
    World world = World.ready().vouchFor("node-a");
    world.agents.put("node-a", AgentState.Stale);
    world.setPod("/metadata/deletionTimestamp", "2026-01-02T03:00:00Z");

    assertThat(converge(world).pod())
        .asInstanceOf(type(PodStep.Delete.class))
        .extracting(PodStep.Delete::force)
        .isEqualTo(true);
    world.step();
    Pod next = created(converge(world));
    assertThat(PodPin.epoch(next)).isEqualTo(2);
    assertThat(next.getSpec().getAffinity()).isNull();
  }

  @Test
  void theVouchingGoesBeforeThePlacementMoves() {
    World world = World.ready().vouchFor("node-a");
    world.nodes.put("node-a", new NodeFacts("node-a", "reinstalled", List.of()));
    world.step();
    world.step();
    world.schedule("node-a");

    Plan.Converge spending = converge(world);
    assertThat(spending.vouchSpent()).isTrue();
    assertThat(spending.placement()).isEqualTo(ON_A);

    world.step();
    Plan.Converge moved = converge(world);
    assertThat(moved.vouchSpent()).isFalse();
    assertThat(moved.placement()).isEqualTo(new Placement("node-a", "reinstalled", 2));
    assertThat(moved.pod()).isEqualTo(new PodStep.Keep());
  }

  @Test
  void vouchingForAnotherNodeDoesNothing() {
    Plan.Converge plan = converge(World.ready().vouchFor("node-b"));

    assertThat(plan.pod()).isEqualTo(new PodStep.Keep());
    assertThat(plan.vouchSpent()).isFalse();
  }

  @Test
  void aVouchedNodeIsGivenUpAlsoWhenStopped() {
    World world = World.ready().edit("/spec/running", false).vouchFor("node-a");
    world.nodes.remove("node-a");
    world.setPod("/metadata/deletionTimestamp", "2026-01-02T03:00:00Z");

    assertThat(converge(world).pod())
        .asInstanceOf(type(PodStep.Delete.class))
        .extracting(PodStep.Delete::force, PodStep.Delete::reason)
        .containsExactly(true, Reason.Stopped);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-3", "many", ""})
  void aPodThatDoesNotSayItsLifeIsReplaced(String epoch) {
    World world = World.ready().setPod("/metadata/annotations/bottle.dev~1placement-epoch", epoch);

    assertThat(converge(world).pod()).isInstanceOf(PodStep.Delete.class);
  }

  @Test
  void deletionEndsThePodFirstThenAwaitsTheAgent() {
    World world = World.ready().delete();
    Plan.TearDown plan = tearDown(world);
    assertThat(plan.pod()).isInstanceOf(PodStep.Delete.class);
    assertThat(plan.release()).isInstanceOf(Plan.Awaiting.class);

    world.agentConfirmsAbsent();
    assertThat(tearDown(world).release()).isInstanceOf(Plan.Awaiting.class);
    world.step();
    world.podEnds();
    assertThat(tearDown(world))
        .isEqualTo(new Plan.TearDown(new PodStep.Keep(), new Plan.Released()));
  }

  @Test
  void absenceOfAnEarlierLifeConfirmsNothing() {
    World world = World.ready().agentConfirmsAbsent().delete();
    world.set("/status/placement/epoch", 2);
    world.pod = null;

    assertThat(tearDown(world).release()).isInstanceOf(Plan.Awaiting.class);
  }

  @Test
  void aBottleThatWasNeverPlacedGoesWithItsPod() {
    World world = World.fresh().delete();

    assertThat(tearDown(world).release()).isEqualTo(new Plan.Released());
  }

  @Test
  void deletionIsBlockedWhileNobodyCanConfirm() {
    World stale = World.ready().delete();
    stale.agents.put("node-a", AgentState.Stale);
    assertThat(tearDown(stale).release())
        .asInstanceOf(type(Plan.Blocked.class))
        .extracting(Plan.Blocked::message)
        .asString()
        .contains("node-a");

    World gone = World.ready().delete();
    gone.nodes.remove("node-a");
    assertThat(tearDown(gone).release()).isInstanceOf(Plan.Blocked.class);
    assertThat(tearDown(gone.vouchFor("node-a")).release()).isEqualTo(new Plan.Released());
  }

  @Test
  void deletionNeedsNoAdminConfigAndNoSupport() {
    World world = World.ready().edit("/spec/supervise/enabled", true).delete();
    world.admin = new AdminConfig.Invalid("bad");

    assertThat(world.plan()).isInstanceOf(Plan.TearDown.class);
  }

  private static void assertHeldForGoneNode(World world) {
    assertThat(converge(world).pod())
        .asInstanceOf(type(PodStep.Hold.class))
        .extracting(PodStep.Hold::reason)
        .isEqualTo(Reason.NodeGone);
    assertThat(converge(world).placement()).isEqualTo(ON_A);
  }

  private static Plan.Converge converge(World world) {
    return (Plan.Converge) world.plan();
  }

  private static Plan.TearDown tearDown(World world) {
    return (Plan.TearDown) world.plan();
  }

  private static Pod created(Plan.Converge plan) {
    return ((PodStep.Create) plan.pod()).pod();
  }

  private static String pinned(Pod pod) {
    assertThat(pod.getSpec().getNodeName()).isNull();
    var term =
        pod.getSpec()
            .getAffinity()
            .getNodeAffinity()
            .getRequiredDuringSchedulingIgnoredDuringExecution()
            .getNodeSelectorTerms()
            .getFirst();
    assertThat(term.getMatchFields()).hasSize(1);
    assertThat(term.getMatchFields().getFirst().getKey()).isEqualTo("metadata.name");
    return term.getMatchFields().getFirst().getValues().getFirst();
  }
}
