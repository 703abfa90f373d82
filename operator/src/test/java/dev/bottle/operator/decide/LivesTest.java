package dev.bottle.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.Placement;
import dev.bottle.operator.cluster.NodeFacts;
import dev.bottle.operator.fixture.World;
import dev.bottle.operator.lease.AgentState;
import dev.bottle.operator.observe.Observation;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/**
 * Histories of one Bottle, with an operator that may end between any two of its writes: a life of
 * the machine begins only after the former one's end was confirmed, or after a person vouched for
 * that very node since the life began.
 */
class LivesTest {

  enum Happening {
    RECONCILE,
    RECONCILE_ENDS_AFTER_OBJECTS,
    RECONCILE_ENDS_AFTER_VOUCHING,
    SCHEDULED_ON_A,
    SCHEDULED_ON_B,
    POD_DELETED,
    POD_ENDS,
    NODE_A_GONE,
    NODE_A_REINSTALLED,
    AGENT_A_SILENT,
    AGENT_A_BACK,
    VOUCHED_FOR_A,
    VOUCHED_FOR_B,
    ABSENCE_CONFIRMED
  }

  @Provide
  Arbitrary<List<Happening>> histories() {
    // Reconciles are frequent, as in life; without them nothing else has consequences.
    return Arbitraries.frequencyOf(
            Tuple.of(3, Arbitraries.just(Happening.RECONCILE)),
            Tuple.of(4, Arbitraries.of(Happening.values())))
        .list()
        .ofMinSize(10)
        .ofMaxSize(40);
  }

  @Property(tries = 200)
  void aLifeBeginsAfterTheFormerEnded(@ForAll("histories") List<Happening> histories) {
    History history = new History();
    histories.forEach(history::happens);
  }

  /** So that the property cannot hold for want of lives: vouching does lead to a second one. */
  @Property(tries = 1)
  void aVouchedHistoryHasTwoLives() {
    History history = new History();
    List.of(
            Happening.RECONCILE,
            Happening.SCHEDULED_ON_A,
            Happening.RECONCILE,
            Happening.NODE_A_REINSTALLED,
            Happening.VOUCHED_FOR_A,
            Happening.RECONCILE,
            Happening.POD_ENDS,
            Happening.RECONCILE,
            Happening.SCHEDULED_ON_A,
            Happening.RECONCILE_ENDS_AFTER_VOUCHING,
            Happening.RECONCILE,
            Happening.RECONCILE)
        .forEach(history::happens);

    assertThat(Objects.requireNonNull(history.world.status().placement()))
        .isEqualTo(new Placement("node-a", "reinstalled", 2));
    assertThat(Objects.requireNonNull(history.world.pod).isMarkedForDeletion()).isFalse();
  }

  private static final class History {
    final World world = World.fresh();
    private boolean allowed = true;

    void happens(Happening happening) {
      @Nullable Placement before = world.status().placement();
      switch (happening) {
        case RECONCILE -> world.step();
        case RECONCILE_ENDS_AFTER_OBJECTS -> world.actOnObjects(world.plan());
        case RECONCILE_ENDS_AFTER_VOUCHING -> {
          Plan plan = world.plan();
          world.actOnObjects(plan);
          world.actOnVouching(plan);
        }
        case SCHEDULED_ON_A -> schedule("node-a");
        case SCHEDULED_ON_B -> schedule("node-b");
        case POD_DELETED -> world.setPod("/metadata/deletionTimestamp", "2026-01-02T03:00:00Z");
        case POD_ENDS -> world.podEnds();
        case NODE_A_GONE -> world.nodes.remove("node-a");
        case NODE_A_REINSTALLED ->
            world.nodes.put("node-a", new NodeFacts("node-a", "reinstalled", List.of()));
        case AGENT_A_SILENT -> world.agents.put("node-a", AgentState.Stale);
        case AGENT_A_BACK -> world.agents.put("node-a", AgentState.Fresh);
        case VOUCHED_FOR_A -> vouch("node-a", before);
        case VOUCHED_FOR_B -> vouch("node-b", before);
        case ABSENCE_CONFIRMED -> {
          if (before != null) {
            world.agentConfirmsAbsent();
            allowed = true;
          }
        }
      }
      Placement after = world.status().placement();
      if (after != null && !after.equals(before)) {
        assertThat(after.epoch()).isEqualTo(before == null ? 1 : before.epoch() + 1);
        assertThat(allowed).as("a new life was allowed when %s", happening).isTrue();
        allowed = false;
      }
      Observation seen = world.observe();
      assertThat(World.DECIDER.decide(seen)).isEqualTo(World.DECIDER.decide(seen));
    }

    private void vouch(String node, @Nullable Placement placement) {
      world.vouchFor(node);
      allowed |= placement != null && placement.nodeName().equals(node);
    }

    /** A Pod goes where its pin says, if it has one. */
    private void schedule(String node) {
      if (world.pod == null || world.pod.getSpec().getNodeName() != null) {
        return;
      }
      boolean pinnedElsewhere =
          world.pod.getSpec().getAffinity() != null
              && !world.pod.getSpec().getAffinity().toString().contains(node);
      if (!pinnedElsewhere && world.nodes.containsKey(node)) {
        world.schedule(node);
      }
    }
  }
}
