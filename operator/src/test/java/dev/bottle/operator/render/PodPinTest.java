package dev.bottle.operator.render;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.operator.fixture.World;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.Test;

class PodPinTest {
  @Test
  void aPinIsOnTheNodesNameAndNotRoundTheScheduler() {
    Pod pinned = PodPin.pin(World.fresh().rendered().pod(), 7, "node-a");

    assertThat(PodPin.epoch(pinned)).isEqualTo(7);
    assertThat(pinned.getSpec().getNodeName()).isNull();
    assertThat(
            pinned
                .getSpec()
                .getAffinity()
                .getNodeAffinity()
                .getRequiredDuringSchedulingIgnoredDuringExecution()
                .getNodeSelectorTerms())
        .singleElement()
        .satisfies(term -> {
          assertThat(term.getMatchExpressions()).isEmpty();
          assertThat(term.getMatchFields())
              .singleElement()
              .satisfies(field -> {
                assertThat(field.getKey()).isEqualTo("metadata.name");
                assertThat(field.getOperator()).isEqualTo("In");
                assertThat(field.getValues()).containsExactly("node-a");
              });
        });
  }

  @Test
  void pinningDoesNotChangeTheShape() {
    Rendered rendered = World.fresh().rendered();

    assertThat(ShapeHash.of(rendered.pod().getSpec(), null)).isEqualTo(rendered.shapeHash());
    assertThat(PodPin.pin(rendered.pod(), 2, "node-a").getMetadata().getAnnotations())
        .containsEntry("bottle.dev/shape-hash", rendered.shapeHash());
  }

  @Test
  void aPodWithoutAnnotationsIsOfNoLife() {
    assertThat(PodPin.epoch(new PodBuilder().withNewMetadata().endMetadata().build())).isZero();
  }
}
