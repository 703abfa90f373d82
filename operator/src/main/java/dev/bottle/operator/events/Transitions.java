package dev.bottle.operator.events;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.condition.ConditionStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.condition.Conditions;
import dev.bottle.crd.condition.Reason;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which changes of a status are worth an Event: Ready or RoutesReady came, or fell for a reason
 * that matters.
 */
public final class Transitions {
  /** Passing states on the way to Ready; their Events would only repeat the conditions. */
  private static final Set<Reason> PASSING =
      Set.of(
          Reason.Reconciling,
          Reason.WaitingForPod,
          Reason.WaitingForTLSInit,
          Reason.WaitingForDaemons,
          Reason.PolicyPending,
          Reason.NotPlaced,
          Reason.ImagePulling,
          Reason.MachineStarting,
          Reason.WaitingForVolume,
          Reason.Provisioning,
          Reason.SealPending,
          Reason.Terminating);

  private final EventRecorder recorder;

  public Transitions(EventRecorder recorder) {
    this.recorder = recorder;
  }

  /** Compares Ready and RoutesReady before and after. */
  public void record(Bottle bottle, @Nullable BottleStatus before, BottleStatus after) {
    record(bottle, find(ConditionType.Ready, before), find(ConditionType.Ready, after));
    record(bottle, find(ConditionType.RoutesReady, before), find(ConditionType.RoutesReady, after));
  }

  private void record(Bottle bottle, Optional<Condition> former, Optional<Condition> current) {
    if (current.isEmpty() || same(former, current.get())) {
      return;
    }
    Reason reason = Reason.valueOf(current.get().getReason());
    String message = current.get().getMessage();
    if (ConditionStatus.True.name().equals(current.get().getStatus()) || reason == Reason.Stopped) {
      recorder.normal(bottle, reason, message);
    } else if (!PASSING.contains(reason)) {
      recorder.warning(bottle, reason, message + " " + reason.remedy());
    }
  }

  private static boolean same(Optional<Condition> former, Condition current) {
    return former
        .filter(condition -> condition.getStatus().equals(current.getStatus()))
        .filter(condition -> current.getReason().equals(condition.getReason()))
        .isPresent();
  }

  private static Optional<Condition> find(ConditionType type, @Nullable BottleStatus status) {
    return status == null ? Optional.empty() : Conditions.of(status.conditions()).find(type);
  }
}
