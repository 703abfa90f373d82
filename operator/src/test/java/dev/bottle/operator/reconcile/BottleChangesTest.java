package dev.bottle.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.Bottle;
import dev.bottle.operator.fixture.Tree;
import dev.bottle.operator.fixture.Twist;
import dev.bottle.operator.fixture.World;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BottleChangesTest {
  private static final BottleChanges CHANGES = new BottleChanges();

  @ParameterizedTest
  @EnumSource(
      value = Twist.class,
      names = {
        "STOPPED",
        "ALLOWS_MORE",
        "DELETED",
        "VOUCHED_A",
        "ANOTHER_BOTTLE",
        "NO_MACHINE",
        "MACHINE_ABSENT",
        "MACHINE_REBOOTED",
        "NO_PROVISIONED",
        "PROVISIONED_OTHER_FILES",
        "NO_SEAL",
        "SEAL_LEAKED",
        "NO_DAEMONS",
        "DAEMON_OTHER_POLICY",
        "DAEMON_WITHOUT_TOKEN",
        "BOOTED_FALSE",
        "SEALED_BEFORE",
        "ASKED"
      })
  void whatAPersonOrTheAgentChangedIsNews(Twist twist) {
    Bottle former = World.ready().bottle;

    assertThat(CHANGES.accept(Twist.twisted(List.of(twist)).bottle, former)).isTrue();
  }

  @Test
  void finalizersAreNews() {
    assertThat(accepts("/metadata/finalizers", List.of("bottle.dev/machine"))).isTrue();
  }

  @Test
  void ourOwnStatusIsNot() {
    assertThat(accepts("/status/phase", "Degraded")).isFalse();
    assertThat(accepts("/status/observedGeneration", 2)).isFalse();
    assertThat(
            accepts("/status/placement", Map.of("nodeName", "node-b", "nodeUID", "b", "epoch", 9)))
        .isFalse();
    assertThat(accepts("/status/bundle/podUID", "another")).isFalse();
    assertThat(accepts("/status/bundle/policyHash", "another")).isFalse();
  }

  @Test
  void whatEgressRefusedIsNot() {
    assertThat(
            CHANGES.accept(
                Twist.twisted(List.of(Twist.EGRESS_DENIED)).bottle, World.ready().bottle))
        .isFalse();
  }

  @Test
  void everyWriteOfOursIsNot() {
    World world = World.fresh();
    for (int write = 0; write < 3; write++) {
      Bottle former = Tree.copy(world.bottle, Bottle.class);
      world.step();
      assertThat(CHANGES.accept(world.bottle, former)).isFalse();
      world.schedule("node-a");
    }
  }

  @Test
  void labelsAndVersionsAreNot() {
    assertThat(accepts("/metadata/labels", Map.of("team", "blue"))).isFalse();
    assertThat(accepts("/metadata/resourceVersion", "99")).isFalse();
    assertThat(CHANGES.accept(World.ready().bottle, World.ready().bottle)).isFalse();
  }

  private static boolean accepts(String pointer, Object value) {
    Bottle former = World.ready().bottle;
    return CHANGES.accept(Tree.with(former, Bottle.class, pointer, value), former);
  }
}
