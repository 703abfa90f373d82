package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.host.ProcessIdentity;
import dev.bottle.agent.machine.View.Image;
import dev.bottle.agent.machine.View.Work;
import dev.bottle.agent.smolvm.MachineLabels;
import dev.bottle.agent.smolvm.MachineRecord;
import dev.bottle.agent.smolvm.MachineRecord.State;
import dev.bottle.agent.smolvm.MachineSize;
import dev.bottle.crd.condition.Reason;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DecideTest {
  private static final MachineSize SIZE = new MachineSize(2, 2048, 10);
  private static final Wish.Remove REMOVE = new Wish.Remove(1, Optional.of(3L));
  private static final Wish.Rest REST =
      new Wish.Rest(1, 3, Reason.Stopped, "spec.running is false", Optional.empty());
  private static final Wish.Run RUN = new Wish.Run(1, 3, "pod-1", "image", "shape", SIZE);
  private static final Block BLOCK = new Block("pod-1", 1, Reason.ProbeLeaked, "routes: a route");

  /** A view, by what differs from a machine that runs and is done. */
  private record Seen(
      boolean runtime,
      Optional<State> state,
      long epoch,
      String shape,
      MachineSize size,
      boolean boot,
      Optional<String> startedFor,
      Optional<Block> block,
      boolean volumes,
      boolean bound,
      boolean anyBound,
      boolean linked,
      Image image,
      Work provisioning,
      Work seal,
      boolean silent) {
    static Seen settled() {
      return new Seen(
          true,
          Optional.of(State.Running),
          3,
          "shape",
          SIZE,
          true,
          Optional.of("pod-1"),
          Optional.empty(),
          true,
          true,
          true,
          true,
          new Image.Unknown(),
          Work.Current,
          Work.Current,
          false);
    }

    static Seen nothing() {
      return settled().state(Optional.empty()).started(Optional.empty());
    }

    static Seen stopped() {
      return settled().state(Optional.of(State.Stopped));
    }

    Seen runtime(boolean now) {
      return new Seen(
          now,
          state,
          epoch,
          shape,
          size,
          boot,
          startedFor,
          block,
          volumes,
          bound,
          anyBound,
          linked,
          image,
          provisioning,
          seal,
          silent);
    }

    Seen state(Optional<State> now) {
      return new Seen(
          runtime,
          now,
          epoch,
          shape,
          size,
          now.equals(Optional.of(State.Running)),
          startedFor,
          block,
          volumes,
          bound,
          anyBound,
          linked,
          image,
          provisioning,
          seal,
          silent);
    }

    Seen labels(long newEpoch, String newShape) {
      return new Seen(
          runtime,
          state,
          newEpoch,
          newShape,
          size,
          boot,
          startedFor,
          block,
          volumes,
          bound,
          anyBound,
          linked,
          image,
          provisioning,
          seal,
          silent);
    }

    Seen size(MachineSize now) {
      return new Seen(
          runtime,
          state,
          epoch,
          shape,
          now,
          boot,
          startedFor,
          block,
          volumes,
          bound,
          anyBound,
          linked,
          image,
          provisioning,
          seal,
          silent);
    }

    Seen started(Optional<String> pod) {
      return new Seen(
          runtime,
          state,
          epoch,
          shape,
          size,
          boot,
          pod,
          block,
          volumes,
          bound,
          anyBound,
          linked,
          image,
          provisioning,
          seal,
          silent);
    }

    Seen block(Block now) {
      return new Seen(
          runtime,
          state,
          epoch,
          shape,
          size,
          boot,
          startedFor,
          Optional.of(now),
          volumes,
          bound,
          anyBound,
          linked,
          image,
          provisioning,
          seal,
          silent);
    }

    Seen links(boolean hasVolumes, boolean isBound, boolean any, boolean isLinked) {
      return new Seen(
          runtime,
          state,
          epoch,
          shape,
          size,
          boot,
          startedFor,
          block,
          hasVolumes,
          isBound,
          any,
          isLinked,
          image,
          provisioning,
          seal,
          silent);
    }

    Seen image(Image now) {
      return new Seen(
          runtime,
          state,
          epoch,
          shape,
          size,
          boot,
          startedFor,
          block,
          volumes,
          bound,
          anyBound,
          linked,
          now,
          provisioning,
          seal,
          silent);
    }

    Seen work(Work provision, Work prove) {
      return new Seen(
          runtime,
          state,
          epoch,
          shape,
          size,
          boot,
          startedFor,
          block,
          volumes,
          bound,
          anyBound,
          linked,
          image,
          provision,
          prove,
          silent);
    }

    Seen deaf() {
      return new Seen(
          runtime,
          state,
          epoch,
          shape,
          size,
          boot,
          startedFor,
          block,
          volumes,
          bound,
          anyBound,
          linked,
          image,
          provisioning,
          seal,
          true);
    }

    View view() {
      return new View(
          runtime ? Optional.of("1.32.2") : Optional.empty(),
          Optional.empty(),
          state.map(found ->
              new MachineRecord(
                  "m",
                  found,
                  Optional.of(new MachineLabels("uid", epoch, shape)),
                  Optional.of(7L),
                  size,
                  "/images/sha256-0/rootfs",
                  true)),
          boot ? Optional.of(new Boot("boot", new ProcessIdentity(7, 70))) : Optional.empty(),
          startedFor,
          block,
          volumes,
          bound,
          anyBound,
          false,
          linked,
          image,
          provisioning,
          seal,
          silent);
    }

    /** While a gate does not know yet that its machine ended. */
    View untold() {
      View told = view();
      return new View(
          told.runtimeVersion(),
          told.unfit(),
          told.machine(),
          told.boot(),
          told.startedFor(),
          told.block(),
          told.volumes(),
          told.bound(),
          told.anyBound(),
          true,
          told.linked(),
          told.image(),
          told.provisioning(),
          told.seal(),
          told.silent());
    }
  }

  private static Decision decide(Wish wish, Seen seen) {
    return Decide.next(wish, seen.view());
  }

  @Test
  void aRemovalStopsThenDeletesThenTidiesUp() {
    assertThat(decide(REMOVE, Seen.settled())).isInstanceOf(Decision.Stop.class);
    assertThat(decide(REMOVE, Seen.settled().state(Optional.of(State.Unreachable))))
        .isInstanceOf(Decision.Stop.class);
    assertThat(decide(REMOVE, Seen.stopped())).isInstanceOf(Decision.Delete.class);
    assertThat(decide(REMOVE, Seen.nothing())).isEqualTo(new Decision.Unbind());
    assertThat(decide(REMOVE, Seen.nothing().links(false, false, false, false)))
        .isEqualTo(new Decision.Gone());
  }

  @Test
  void aGateIsServedUntilItKnowsThatItsMachineEnded() {
    assertThat(Decide.next(REMOVE, Seen.settled().untold())).isInstanceOf(Decision.Stop.class);
    assertThat(Decide.next(REMOVE, Seen.stopped().untold())).isInstanceOf(Decision.Delete.class);
    assertThat(Decide.next(REMOVE, Seen.nothing().untold()))
        .isEqualTo(new Decision.AwaitPodEnd(true));
    assertThat(Decide.next(REST, Seen.stopped().untold()))
        .isEqualTo(new Decision.AwaitPodEnd(false));
  }

  @Test
  void withoutARuntimeNothingIsSaidToBeGoneOrStopped() {
    Seen blind = Seen.nothing().links(false, false, false, false).runtime(false);
    assertThat(decide(REMOVE, blind)).isEqualTo(new Decision.NoRuntime());
    assertThat(decide(REST, blind)).isEqualTo(new Decision.NoRuntime());
    assertThat(decide(RUN, blind)).isEqualTo(new Decision.NoRuntime());
  }

  @Test
  void aRestStopsAndKeepsTheDisk() {
    assertThat(decide(REST, Seen.settled())).isEqualTo(new Decision.Stop("spec.running is false"));
    assertThat(decide(REST, Seen.stopped())).isEqualTo(new Decision.Unbind());
    assertThat(decide(REST, Seen.stopped().links(false, false, false, false)))
        .isEqualTo(new Decision.Rest());
  }

  @Test
  void aRestingMachinesPodIsStillServed() {
    Wish.Rest withPod = new Wish.Rest(1, 3, Reason.Stopped, "m", Optional.of("pod-1"));
    assertThat(decide(withPod, Seen.stopped().links(true, false, false, false)))
        .isEqualTo(new Decision.Bind());
    assertThat(decide(withPod, Seen.stopped().links(true, true, true, false)))
        .isEqualTo(new Decision.Link());
    assertThat(decide(withPod, Seen.stopped())).isEqualTo(new Decision.Rest());
    assertThat(decide(withPod, Seen.stopped().links(false, false, false, false)))
        .isEqualTo(new Decision.Rest());
  }

  @Test
  void aRunGoesFromNothingToSettled() {
    Seen seen = Seen.nothing();
    assertThat(decide(RUN, seen.links(false, false, false, false)))
        .isEqualTo(new Decision.AwaitVolumes());
    assertThat(decide(RUN, seen.links(true, false, false, false))).isEqualTo(new Decision.Bind());
    assertThat(decide(RUN, seen.links(true, true, true, false))).isEqualTo(new Decision.Link());
    assertThat(decide(RUN, seen)).isEqualTo(new Decision.Pull());
    assertThat(decide(RUN, seen.image(new Image.Pulling()))).isEqualTo(new Decision.AwaitImage());
    assertThat(decide(RUN, seen.image(new Image.Ready("sha256:1"))))
        .isEqualTo(new Decision.Create("sha256:1"));
    assertThat(decide(RUN, Seen.stopped())).isEqualTo(new Decision.Start());
    assertThat(decide(RUN, Seen.settled().state(Optional.of(State.Unreachable))))
        .isEqualTo(new Decision.AwaitAnswer());
    assertThat(decide(RUN, Seen.settled().work(Work.Due, Work.Due)))
        .isEqualTo(new Decision.Provision());
    assertThat(decide(RUN, Seen.settled().work(Work.Current, Work.Due)))
        .isEqualTo(new Decision.ProveSeal());
    assertThat(decide(RUN, Seen.settled().work(Work.NotNow, Work.Due)))
        .isEqualTo(new Decision.ProveSeal());
    assertThat(decide(RUN, Seen.settled().work(Work.NotNow, Work.NotNow)))
        .isEqualTo(new Decision.Settled());
    assertThat(decide(RUN, Seen.settled())).isEqualTo(new Decision.Settled());
  }

  @Test
  void aMachineOfAnotherPodIsStoppedFirst() {
    assertThat(decide(RUN, Seen.settled().started(Optional.of("pod-0"))))
        .isInstanceOf(Decision.Stop.class);
    assertThat(decide(RUN, Seen.settled().started(Optional.empty())))
        .isInstanceOf(Decision.Stop.class);
  }

  @Test
  void aMachineOfAnEarlierPlacementIsStoppedAndDeleted() {
    assertThat(decide(RUN, Seen.settled().labels(2, "shape"))).isInstanceOf(Decision.Stop.class);
    assertThat(decide(RUN, Seen.stopped().labels(2, "shape"))).isInstanceOf(Decision.Delete.class);
    assertThat(decide(RUN, Seen.settled().labels(4, "shape"))).isInstanceOf(Decision.Stop.class);
  }

  @Test
  void anotherShapeNeedsANewMachine() {
    assertThat(decide(RUN, Seen.stopped().labels(3, "other")))
        .isEqualTo(new Decision.Delete("its image or its doors changed"));
  }

  @Test
  void aStoppedMachineIsResizedAndItsDiskNeverShrinks() {
    assertThat(decide(RUN, Seen.stopped().size(new MachineSize(1, 1024, 5))))
        .isEqualTo(new Decision.Resize(SIZE));
    assertThat(decide(RUN, Seen.stopped().size(new MachineSize(2, 2048, 20))))
        .isEqualTo(new Decision.Start());
    assertThat(decide(RUN, Seen.stopped().size(new MachineSize(4, 2048, 20))))
        .isEqualTo(new Decision.Resize(new MachineSize(2, 2048, 20)));
  }

  @Test
  void aLeakStopsTheMachineAndHoldsItForThisPodAndSpec() {
    assertThat(decide(RUN, Seen.settled().block(BLOCK)))
        .isEqualTo(new Decision.Stop("routes: a route"));
    assertThat(decide(RUN, Seen.stopped().block(BLOCK))).isEqualTo(new Decision.Held(BLOCK));
    Wish.Run otherPod = new Wish.Run(1, 3, "pod-2", "image", "shape", SIZE);
    Wish.Run otherSpec = new Wish.Run(2, 3, "pod-1", "image", "shape", SIZE);
    assertThat(decide(otherPod, Seen.stopped().block(BLOCK))).isEqualTo(new Decision.Start());
    assertThat(decide(otherSpec, Seen.stopped().block(BLOCK))).isEqualTo(new Decision.Start());
  }

  @Test
  void aMachineThatStaysSilentIsStopped() {
    assertThat(decide(RUN, Seen.settled().state(Optional.of(State.Unreachable)).deaf()))
        .isEqualTo(new Decision.Stop("it did not answer"));
  }

  @Test
  void aRunningMachinesSocketsAreServedAgainAfterAnAgentRestart() {
    assertThat(decide(RUN, Seen.settled().links(true, false, true, false)))
        .isEqualTo(new Decision.Bind());
    assertThat(decide(RUN, Seen.settled().links(true, true, true, false)))
        .isEqualTo(new Decision.Link());
    assertThat(decide(RUN, Seen.settled().links(false, false, false, false)))
        .isEqualTo(new Decision.Settled());
  }
}
