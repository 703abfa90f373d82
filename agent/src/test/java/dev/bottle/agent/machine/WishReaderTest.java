package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.smolvm.MachineSize;
import dev.bottle.agent.testing.Bottles;
import dev.bottle.crd.condition.Reason;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WishReaderTest {
  private final WishReader reader = new WishReader("node-1");

  private Wish read(Bottles bottle) {
    return reader.read(bottle.build(), Optional.empty());
  }

  @Test
  void aPlacedBottleWithAPodWantsItsMachine() {
    assertThat(read(Bottles.placed()))
        .isInstanceOfSatisfying(
            Wish.Run.class,
            run -> {
              assertThat(run.pod()).isEqualTo("pod-1");
              assertThat(run.epoch()).isEqualTo(1);
              assertThat(run.size()).isEqualTo(new MachineSize(2, 2048, 10));
              assertThat(run.shape()).matches("[0-9a-f]{16}");
            });
  }

  @Test
  void elsewhereOrNowhereWantsNothingHereAndNobodyReadsAboutIt() {
    assertThat(read(Bottles.placed().on("node-2", 1)))
        .isEqualTo(new Wish.Remove(1, Optional.empty()));
    assertThat(read(Bottles.placed().on(null, 1))).isEqualTo(new Wish.Remove(1, Optional.empty()));
    assertThat(read(Bottles.placed().deleting().on("node-2", 1)))
        .isEqualTo(new Wish.Remove(2, Optional.empty()));
  }

  @Test
  void aDeletedBottleWantsARemovalThatIsReported() {
    assertThat(read(Bottles.placed().deleting())).isEqualTo(new Wish.Remove(2, Optional.of(1L)));
  }

  @Test
  void aRestKeepsThePodInMind() {
    assertThat(read(Bottles.placed().running(false)))
        .isInstanceOfSatisfying(
            Wish.Rest.class,
            rest -> {
              assertThat(rest.reason()).isEqualTo(Reason.Stopped);
              assertThat(rest.pod()).contains("pod-1");
            });
    assertThat(read(Bottles.placed().pod(null)))
        .isInstanceOfSatisfying(
            Wish.Rest.class, rest -> assertThat(rest.reason()).isEqualTo(Reason.WaitingForPod));
  }

  @Test
  void onlyThePodThatEndsStopsTheMachine() {
    assertThat(reader.read(Bottles.placed().build(), Optional.of("pod-1")))
        .isInstanceOf(Wish.Rest.class);
    assertThat(reader.read(Bottles.placed().build(), Optional.of("pod-0")))
        .isInstanceOf(Wish.Run.class);
  }

  @Test
  void anotherImageIsAnotherShapeAndAnotherSizeIsNot() {
    String shape = ((Wish.Run) read(Bottles.placed())).shape();
    assertThat(((Wish.Run) read(Bottles.placed().image("other:2"))).shape()).isNotEqualTo(shape);
    Wish.Run larger = (Wish.Run) read(Bottles.placed().memory("1000M"));
    assertThat(larger.shape()).isEqualTo(shape);
    assertThat(larger.size().memoryMiB()).isEqualTo(954); // rounded up
  }
}
