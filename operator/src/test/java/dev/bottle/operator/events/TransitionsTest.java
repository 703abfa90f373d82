package dev.bottle.operator.events;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.BottleStatus;
import dev.bottle.operator.fixture.FakeApiServer;
import dev.bottle.operator.fixture.World;
import io.fabric8.kubernetes.api.model.Event;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TransitionsTest {
  private final FakeApiServer api = new FakeApiServer();
  private final World world = World.routed();
  private final Transitions transitions =
      new Transitions(new EventRecorder(api.client(), world.clock(), Runnable::run));

  @AfterEach
  void close() {
    api.close();
  }

  private List<Event> events() {
    return api.client().v1().events().inNamespace("ns").list().getItems();
  }

  @Test
  void aMissingCredentialIsAnEventOfItsOwn() {
    BottleStatus before = world.projected();
    world.emptySlots(world.rendered().slots().getFirst().name());
    BottleStatus after = world.projected();

    transitions.record(world.bottle, before, after);
    transitions.record(world.bottle, after, after);

    assertThat(events())
        .singleElement()
        .satisfies(event -> {
          assertThat(event.getType()).isEqualTo("Warning");
          assertThat(event.getReason()).isEqualTo("SecretMissing");
          assertThat(event.getMessage()).startsWith("key value of Secret another:");
        });
  }

  @Test
  void whatPassesIsNone() {
    BottleStatus before = world.projected();
    world.edit("/spec/egress/allow", List.of("more.example.org"));

    transitions.record(world.bottle, before, world.projected());

    assertThat(events()).isEmpty();
  }
}
