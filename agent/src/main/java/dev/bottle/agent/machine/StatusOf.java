package dev.bottle.agent.machine;

import dev.bottle.agent.report.AgentStatus;
import dev.bottle.crd.api.MachineStatus;
import dev.bottle.crd.api.MachineStatus.State;
import dev.bottle.crd.condition.ConditionStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.condition.Conditions;
import dev.bottle.crd.condition.Reason;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a Bottle's status says about what was observed and decided. Pure but for the clock. */
final class StatusOf {
  private final String machine;
  private final Clock clock;

  StatusOf(String machine, Clock clock) {
    this.machine = machine;
    this.clock = clock;
  }

  private record Verdict(ConditionStatus status, Reason reason, String message) {
    static Verdict no(Reason reason, String message) {
      return new Verdict(ConditionStatus.False, reason, message);
    }
  }

  /**
   * The status to show while that decision is carried out.
   *
   * @param failure of the last attempt at the same decision
   * @param provisioning failure of the last attempt to provision
   * @param sealing failure of the last attempt to prove the seal
   */
  AgentStatus next(
      AgentStatus former,
      Wish wish,
      Observed seen,
      Decision decision,
      Optional<Failure> failure,
      Optional<Failure> provisioning,
      Optional<Failure> sealing) {
    Verdict booted = booted(decision, seen.view(), failure, wish);
    Conditions conditions = set(former.conditions(), ConditionType.Booted, booted, wish);
    conditions =
        set(conditions, ConditionType.Provisioned, provisioned(former, seen, provisioning), wish);
    conditions = set(conditions, ConditionType.EgressSealed, sealed(wish, seen, sealing), wish);
    return new AgentStatus(
        former.daemons(),
        machine(former.machine(), wish, seen, decision, failure),
        former.provisioned(),
        former.seal(),
        former.egress(),
        former.git(),
        former.requests(),
        conditions);
  }

  private Conditions set(Conditions conditions, ConditionType type, Verdict verdict, Wish wish) {
    return conditions.with(
        type, verdict.status(), verdict.reason(), verdict.message(), wish.generation(), clock);
  }

  private MachineStatus machine(
      @Nullable MachineStatus former,
      Wish wish,
      Observed seen,
      Decision decision,
      Optional<Failure> failure) {
    View view = seen.view();
    boolean running = view.running();
    Optional<String> digest =
        view.machine().map(found -> digest(found.image())).filter(text -> !text.isEmpty());
    return new MachineStatus(
        machine,
        state(decision, failure.isPresent()),
        switch (wish) {
          case Wish.Remove remove -> remove.epoch().orElse(null);
          case Wish.Rest rest -> rest.epoch();
          case Wish.Run run -> run.epoch();
        },
        running ? view.startedFor().orElse(null) : null,
        running ? view.boot().map(Boot::bootId).orElse(null) : null,
        running ? seen.bootMillis().orElse(null) : null,
        view.runtimeVersion().orElseGet(() -> former == null ? null : former.runtimeVersion()),
        digest.orElse(null));
  }

  /** The image directory is named after the digest. */
  private static String digest(String rootfs) {
    Path parent = Path.of(rootfs).getParent();
    return parent == null
        ? ""
        : parent.getFileName().toString().replaceFirst("^sha256-", "sha256:");
  }

  private static State state(Decision decision, boolean failed) {
    return switch (decision) {
      case Decision.Stop stop -> State.Stopping;
      case Decision.Delete delete -> State.Stopping;
      case Decision.Unbind unbind -> State.Stopping;
      case Decision.AwaitPodEnd await -> await.deleted() ? State.Absent : State.Stopped;
      case Decision.Gone gone -> State.Absent;
      case Decision.Rest rest -> State.Stopped;
      case Decision.Held held -> State.Failed;
      case Decision.NoRuntime noRuntime -> State.Failed;
      case Decision.NodeUnfit unfit -> State.Failed;
      case Decision.AwaitVolumes await -> State.Preparing;
      case Decision.Bind bind -> State.Preparing;
      case Decision.Link link -> State.Preparing;
      case Decision.Pull pull -> failed ? State.Failed : State.Preparing;
      case Decision.AwaitImage await -> State.Preparing;
      case Decision.Create create -> failed ? State.Failed : State.Starting;
      case Decision.Resize resize -> failed ? State.Failed : State.Starting;
      case Decision.Start start -> failed ? State.Failed : State.Starting;
      case Decision.AwaitAnswer await -> State.Running;
      case Decision.Provision provision -> State.Running;
      case Decision.ProveSeal prove -> State.Running;
      case Decision.Settled settled -> State.Running;
    };
  }

  private static Verdict booted(
      Decision decision, View view, Optional<Failure> failure, Wish wish) {
    Verdict usual =
        switch (decision) {
          case Decision.Stop stop -> Verdict.no(Reason.MachineStopped, "stopping: " + stop.why());
          case Decision.Delete delete ->
              Verdict.no(Reason.MachineStopped, "removing: " + delete.why());
          case Decision.Unbind unbind -> Verdict.no(Reason.MachineStopped, "tidying up");
          case Decision.AwaitPodEnd await ->
              Verdict.no(Reason.MachineStopped, "the bundle Pod ends");
          case Decision.Gone gone ->
              Verdict.no(Reason.MachineStopped, "nothing is left on the node");
          case Decision.Rest rest ->
              wish instanceof Wish.Rest why
                  ? Verdict.no(why.reason(), why.message())
                  : Verdict.no(Reason.MachineStopped, "stopped");
          case Decision.Held held -> Verdict.no(held.block().reason(), held.block().message());
          case Decision.NoRuntime none ->
              Verdict.no(Reason.RuntimeMissing, "the node's smolvm does not answer");
          case Decision.NodeUnfit unfit -> Verdict.no(Reason.NodeUnfit, unfit.message());
          case Decision.AwaitVolumes await ->
              Verdict.no(Reason.WaitingForVolume, "kubelet prepares the Pod's volumes");
          case Decision.Bind bind ->
              Verdict.no(Reason.MachineStarting, "binding the Pod's volumes");
          case Decision.Link link ->
              Verdict.no(Reason.MachineStarting, "opening the Pod's sockets");
          case Decision.Pull pull -> Verdict.no(Reason.ImagePulling, "pulling the image");
          case Decision.AwaitImage await -> Verdict.no(Reason.ImagePulling, "pulling the image");
          case Decision.Create create -> Verdict.no(Reason.MachineStarting, "creating the machine");
          case Decision.Resize resize -> Verdict.no(Reason.MachineStarting, "resizing the machine");
          case Decision.Start start -> Verdict.no(Reason.MachineStarting, "starting the machine");
          case Decision.AwaitAnswer await ->
              Verdict.no(Reason.MachineUnreachable, "the machine does not answer");
          case Decision.Provision provision -> up();
          case Decision.ProveSeal prove -> up();
          case Decision.Settled settled -> up();
        };
    if (view.running() && usual.reason() == Reason.MachineStarting) {
      return up(); // sockets of a machine that runs already, after an agent restart
    }
    boolean guestWork =
        decision instanceof Decision.Provision || decision instanceof Decision.ProveSeal;
    return guestWork
        ? usual
        : failure.map(last -> Verdict.no(last.reason(), last.message())).orElse(usual);
  }

  private static Verdict up() {
    return new Verdict(ConditionStatus.True, Reason.MachineRunning, "the machine runs");
  }

  private static Verdict provisioned(AgentStatus former, Observed seen, Optional<Failure> failure) {
    if (!seen.view().running()) {
      return Verdict.no(Reason.MachineNotRunning, "the machine does not run");
    }
    if (seen.incomplete().isPresent()) {
      return Verdict.no(seen.incomplete().get().reason(), seen.incomplete().get().message());
    }
    if (seen.view().provisioning() == View.Work.Current) {
      String digest = former.provisioned() == null ? "" : former.provisioned().digest();
      return new Verdict(ConditionStatus.True, Reason.GuestProvisioned, digest);
    }
    return failure
        .map(last -> Verdict.no(last.reason(), last.message()))
        .orElseGet(() -> Verdict.no(Reason.Provisioning, "the guest files are being written"));
  }

  private static Verdict sealed(Wish wish, Observed seen, Optional<Failure> failure) {
    Optional<Block> block =
        wish instanceof Wish.Run run
            ? seen.view().block().filter(found -> found.holds(run))
            : Optional.empty();
    if (block.isPresent()) {
      return Verdict.no(block.get().reason(), block.get().message());
    }
    if (!seen.view().running()) {
      return Verdict.no(Reason.MachineNotRunning, "the machine does not run");
    }
    if (seen.view().seal() == View.Work.Current || seen.view().seal() == View.Work.Renew) {
      return new Verdict(
          ConditionStatus.True, Reason.SealProven, "proven for this Pod, policy and boot");
    }
    if (seen.policyHash().isEmpty()) {
      return Verdict.no(Reason.SealPending, "egress does not serve yet");
    }
    return failure
        .map(last -> Verdict.no(last.reason(), last.message()))
        .orElseGet(() -> Verdict.no(Reason.SealPending, "the seal is being proven"));
  }
}
