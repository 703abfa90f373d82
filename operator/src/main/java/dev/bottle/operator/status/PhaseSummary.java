package dev.bottle.operator.status;

import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.MachineStatus;
import dev.bottle.crd.api.Phase;
import dev.bottle.crd.api.Placement;
import dev.bottle.crd.api.SealStatus;
import dev.bottle.operator.observe.Observation;
import org.jspecify.annotations.Nullable;

/** The one word for people. Nothing decides by it. */
final class PhaseSummary {
  private PhaseSummary() {}

  static Phase of(
      Observation observation, Verdict ready, boolean stalled, @Nullable Placement placement) {
    if (observation.bottle().isMarkedForDeletion()) {
      return Phase.Terminating;
    }
    MachineStatus machine = observation.status().machine();
    if (!observation.bottle().getSpec().running()) {
      return observation.pod() == null && isStill(machine) ? Phase.Stopped : Phase.Stopping;
    }
    if (ready.holds()) {
      return Phase.Running;
    }
    if (stalled || (machine != null && machine.state() == MachineStatus.State.Failed)) {
      return Phase.Failed;
    }
    if (placement == null) {
      return Phase.Pending;
    }
    return wasProven(observation.status()) ? Phase.Degraded : Phase.Starting;
  }

  private static boolean isStill(@Nullable MachineStatus machine) {
    return machine == null
        || switch (machine.state()) {
          case Absent, Stopped, Failed -> true;
          case Preparing, Starting, Running, Stopping -> false;
        };
  }

  /** The boot that runs now was proven once: it got worse, rather than not yet good. */
  private static boolean wasProven(BottleStatus status) {
    SealStatus seal = status.seal();
    MachineStatus machine = status.machine();
    return seal != null
        && machine != null
        && machine.state() == MachineStatus.State.Running
        && seal.bootId().equals(machine.bootId());
  }
}
