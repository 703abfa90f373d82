package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.smolvm.MachineLabels;
import dev.bottle.agent.smolvm.MachineRecord;
import dev.bottle.agent.smolvm.MachineSize;
import dev.bottle.crd.condition.Reason;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an unfit node still does, and what not. */
class DecideUnfitTest {
  private static final MachineSize SIZE = new MachineSize(1, 512, 10);
  private static final Wish.Run RUN = new Wish.Run(1, 1, "pod", "image", "shape", SIZE);
  private static final Decision UNFIT = new Decision.NodeUnfit("Boot: no. Mend it.");

  private static View view(Optional<MachineRecord.State> state, String startedFor, boolean linked) {
    return new View(
        Optional.of("1.32.2"),
        Optional.of("Boot: no. Mend it."),
        state.map(now ->
            new MachineRecord(
                "m",
                now,
                Optional.of(new MachineLabels("uid", 1, "shape")),
                Optional.of(1L),
                SIZE,
                "",
                true)),
        Optional.empty(),
        Optional.of(startedFor),
        Optional.empty(),
        true,
        true,
        true,
        false,
        linked,
        new View.Image.Unknown(),
        View.Work.Current,
        View.Work.Current,
        false);
  }

  @Test
  void neitherPullsNorCreates() {
    assertThat(Decide.next(RUN, view(Optional.empty(), "pod", true))).isEqualTo(UNFIT);
  }

  @Test
  void doesNotStartAMachineThatItHas() {
    assertThat(Decide.next(RUN, view(Optional.of(MachineRecord.State.Stopped), "pod", true)))
        .isEqualTo(UNFIT);
  }

  @Test
  void opensThePodsGateSoThatItsEndIsNoticed() {
    assertThat(Decide.next(RUN, view(Optional.empty(), "pod", false)))
        .isEqualTo(new Decision.Link());
  }

  @ParameterizedTest
  @EnumSource(names = {"Running", "Unreachable"})
  void leavesAMachineAloneThatRuns(MachineRecord.State state) {
    assertThat(Decide.next(RUN, view(Optional.of(state), "pod", true)))
        .isEqualTo(new Decision.AwaitAnswer()); // no boot is known in this view
  }

  @Test
  void stopsAndRemovesAsEver() {
    Wish rest = new Wish.Rest(1, 1, Reason.Stopped, "stopped", Optional.of("pod"));
    assertThat(Decide.next(rest, view(Optional.of(MachineRecord.State.Running), "pod", true)))
        .isInstanceOf(Decision.Stop.class);
    Wish remove = new Wish.Remove(1, Optional.empty());
    assertThat(Decide.next(remove, view(Optional.of(MachineRecord.State.Stopped), "pod", true)))
        .isInstanceOf(Decision.Delete.class);
  }
}
