package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.host.ProcessIdentity;
import dev.bottle.agent.smolvm.MachineLabels;
import dev.bottle.agent.smolvm.MachineRecord;
import dev.bottle.agent.smolvm.MachineSize;
import dev.bottle.crd.condition.Reason;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds whatever is wished and seen, sensible or not. */
class DecidePropertyTest {
  private static final MachineSize SMALL = new MachineSize(1, 512, 5);
  private static final MachineSize LARGE = new MachineSize(4, 4096, 20);

  @Provide
  Arbitrary<String> pods() {
    return Arbitraries.of("pod-1", "pod-2");
  }

  @Provide
  Arbitrary<Wish> wishes() {
    Arbitrary<Long> numbers = Arbitraries.longs().between(1, 3);
    Arbitrary<Wish> remove =
        numbers.flatMap(g -> numbers.optional().map(epoch -> new Wish.Remove(g, epoch)));
    Arbitrary<Wish> rest =
        Combinators.combine(numbers, numbers, pods().optional())
            .as((g, epoch, pod) -> new Wish.Rest(g, epoch, Reason.Stopped, "rest", pod));
    Arbitrary<Wish> run =
        Combinators.combine(
                numbers, numbers, pods(), Arbitraries.of("s", "t"), Arbitraries.of(SMALL, LARGE))
            .as((g, epoch, pod, shape, size) -> new Wish.Run(g, epoch, pod, "i", shape, size));
    return Arbitraries.oneOf(remove, rest, run);
  }

  @Provide
  Arbitrary<View> views() {
    Arbitrary<Boolean> flag = Arbitraries.of(true, false);
    Arbitrary<MachineLabels> labels =
        Combinators.combine(Arbitraries.longs().between(1, 3), Arbitraries.of("s", "t"))
            .as((epoch, shape) -> new MachineLabels("uid", epoch, shape));
    Arbitrary<MachineRecord> records =
        Combinators.combine(
                Arbitraries.of(MachineRecord.State.class),
                labels.optional(),
                Arbitraries.of(SMALL, LARGE))
            .as((state, found, size) ->
                new MachineRecord("m", state, found, Optional.of(7L), size, "/i", true));
    Arbitrary<Block> blocks =
        Combinators.combine(pods(), Arbitraries.longs().between(1, 3))
            .as((pod, generation) -> new Block(pod, generation, Reason.ProbeLeaked, "leak"));
    Arbitrary<View.Image> images =
        Arbitraries.of(
            new View.Image.Unknown(), new View.Image.Pulling(), new View.Image.Ready("sha256:1"));
    Arbitrary<View.Work> work = Arbitraries.of(View.Work.class);
    Arbitrary<boolean[]> flags = flag.array(boolean[].class).ofSize(8);
    return Combinators.combine(
            records.optional(), pods().optional(), blocks.optional(), flags, images, work, work)
        .as((record, startedFor, block, is, image, provisioning, seal) ->
            new View(
                is[0] ? Optional.of("1.32.2") : Optional.empty(),
                is[7] ? Optional.empty() : Optional.of("Boot: no. Mend it."),
                record.filter(_ -> is[0]), // nothing is seen through a runtime that is silent
                is[1] ? Optional.of(new Boot("b", new ProcessIdentity(7, 70))) : Optional.empty(),
                startedFor,
                block,
                is[2],
                is[3],
                is[3] || is[4],
                is[7],
                is[5],
                image,
                provisioning,
                seal,
                is[6]));
  }

  @Property(tries = 5000)
  void thereIsAlwaysADecisionAndAlwaysTheSame(
      @ForAll("wishes") Wish wish, @ForAll("views") View view) {
    assertThat(Decide.next(wish, view)).isNotNull().isEqualTo(Decide.next(wish, view));
  }

  @Property(tries = 5000)
  void thereIsNeverASecondMachine(@ForAll("wishes") Wish wish, @ForAll("views") View view) {
    if (Decide.next(wish, view) instanceof Decision.Create) {
      assertThat(view.machine()).isEmpty();
      assertThat(view.runtimeVersion()).isPresent();
    }
  }

  @Property(tries = 5000)
  void onlyAStoppedMachineOfThisPlacementAndShapeIsStartedAndOnlyForAPodThatIsThere(
      @ForAll("wishes") Wish wish, @ForAll("views") View view) {
    if (!(Decide.next(wish, view) instanceof Decision.Start)) {
      return;
    }
    Wish.Run run = (Wish.Run) wish;
    MachineRecord machine = view.machine().orElseThrow();
    assertThat(machine.state()).isEqualTo(MachineRecord.State.Stopped);
    assertThat(machine.labels().map(MachineLabels::epoch)).contains(run.epoch());
    assertThat(machine.labels().map(MachineLabels::shape)).contains(run.shape());
    assertThat(view.volumes() && view.bound() && view.linked()).isTrue();
    assertThat(view.block().filter(found -> found.holds(run))).isEmpty();
  }

  @Property(tries = 5000)
  void anUnfitNodeMakesAndStartsNothing(@ForAll("wishes") Wish wish, @ForAll("views") View view) {
    if (view.unfit().isPresent()) {
      assertThat(Decide.next(wish, view))
          .isNotInstanceOfAny(
              Decision.Pull.class,
              Decision.Create.class,
              Decision.Resize.class,
              Decision.Start.class);
    }
  }

  @Property(tries = 5000)
  void fitnessIsNothingToAMachineThatLives(
      @ForAll("wishes") Wish wish, @ForAll("views") View view) {
    if (view.alive() || !(wish instanceof Wish.Run)) {
      assertThat(Decide.next(wish, view)).isNotInstanceOf(Decision.NodeUnfit.class);
    }
  }

  @Property(tries = 5000)
  void whatMustNotLiveIsStopped(@ForAll("wishes") Wish wish, @ForAll("views") View view) {
    boolean mayLive =
        wish instanceof Wish.Run run
            && view.startedFor().equals(Optional.of(run.pod()))
            && view.machine()
                .flatMap(MachineRecord::labels)
                .filter(labels -> labels.epoch() == run.epoch())
                .isPresent()
            && view.block().filter(found -> found.holds(run)).isEmpty();
    if (view.alive() && !mayLive) {
      assertThat(Decide.next(wish, view)).isInstanceOf(Decision.Stop.class);
    }
  }

  @Property(tries = 5000)
  void aLivingMachineIsNeverDeletedResizedStartedOrForgotten(
      @ForAll("wishes") Wish wish, @ForAll("views") View view) {
    if (view.alive()) {
      assertThat(Decide.next(wish, view))
          .isNotInstanceOfAny(
              Decision.Delete.class,
              Decision.Resize.class,
              Decision.Start.class,
              Decision.Create.class,
              Decision.Gone.class,
              Decision.Rest.class,
              Decision.Held.class,
              Decision.Unbind.class);
    }
  }

  @Property(tries = 5000)
  void nothingIsSaidToBeGoneOrStoppedUnseen(
      @ForAll("wishes") Wish wish, @ForAll("views") View view) {
    Decision decision = Decide.next(wish, view);
    if (decision instanceof Decision.Gone) {
      assertThat(view.machine()).isEmpty();
      assertThat(view.anyBound()).isFalse();
      assertThat(view.untold()).isFalse();
    }
    if (decision instanceof Decision.Gone || decision instanceof Decision.Rest) {
      assertThat(view.runtimeVersion()).isPresent();
    }
  }

  @Property(tries = 5000)
  void aDiskIsDeletedOnlyForARemovalAnotherPlacementOrAnotherShape(
      @ForAll("wishes") Wish wish, @ForAll("views") View view) {
    if (Decide.next(wish, view) instanceof Decision.Delete && wish instanceof Wish.Run run) {
      Optional<MachineLabels> labels = view.machine().flatMap(MachineRecord::labels);
      assertThat(labels)
          .isNotEqualTo(Optional.of(new MachineLabels("uid", run.epoch(), run.shape())));
    }
    if (Decide.next(wish, view) instanceof Decision.Delete) {
      assertThat(wish).isNotInstanceOf(Wish.Rest.class);
    }
  }

  @Property(tries = 5000)
  void aDiskNeverShrinks(@ForAll("wishes") Wish wish, @ForAll("views") View view) {
    if (Decide.next(wish, view) instanceof Decision.Resize resize) {
      assertThat(resize.size().diskGiB())
          .isGreaterThanOrEqualTo(view.machine().orElseThrow().size().diskGiB());
    }
  }

  @Property(tries = 5000)
  void theGuestIsTouchedOnlyWhenItAnswersAndItsPodIsCurrent(
      @ForAll("wishes") Wish wish, @ForAll("views") View view) {
    Decision decision = Decide.next(wish, view);
    if (decision instanceof Decision.Provision || decision instanceof Decision.ProveSeal) {
      assertThat(view.running()).isTrue();
      assertThat(view.startedFor()).contains(((Wish.Run) wish).pod());
    }
  }
}
