package dev.bottle.operator.status;

import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.MachineStatus;
import dev.bottle.crd.api.Placement;
import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.api.ProvisionedStatus;
import dev.bottle.crd.api.SealStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.condition.Conditions;
import dev.bottle.crd.condition.Reason;
import dev.bottle.operator.observe.Observation;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Arrays;
import java.util.Optional;

/**
 * What the agent proved, held against what is current: this Pod, this policy, these guest files,
 * this boot, this epoch. Proof of anything else is no proof.
 */
final class Proof {
  private final BottleStatus status;
  private final Conditions conditions;
  private final long generation;
  private final Placement placement;
  private final String podUID;
  private final String policyHash;
  private final String guestHash;

  Proof(
      Observation observation,
      Placement placement,
      String podUID,
      String policyHash,
      String guestHash) {
    this.status = observation.status();
    this.conditions = Conditions.of(status.conditions());
    this.generation = observation.bottle().getMetadata().getGeneration();
    this.placement = placement;
    this.podUID = podUID;
    this.policyHash = policyHash;
    this.guestHash = guestHash;
  }

  /** The first thing that is not proven, or empty. */
  Optional<Verdict> lacking() {
    return booted().or(this::provisioned).or(this::sealed);
  }

  private Optional<Verdict> booted() {
    Optional<Verdict> said = saidFalse(ConditionType.Booted, Reason.MachineStarting);
    if (said.isPresent()) {
      return said;
    }
    MachineStatus machine = status.machine();
    if (machine == null
        || machine.state() != MachineStatus.State.Running
        || machine.bootId() == null
        || machine.epoch() == null
        || machine.epoch() != placement.epoch()
        || !podUID.equals(machine.podUID())) {
      return renewing("the machine of this Pod does not run yet");
    }
    return stale(ConditionType.Booted);
  }

  private Optional<Verdict> provisioned() {
    Optional<Verdict> said = saidFalse(ConditionType.Provisioned, Reason.Provisioning);
    if (said.isPresent()) {
      return said;
    }
    ProvisionedStatus provisioned = status.provisioned();
    if (provisioned == null
        || !podUID.equals(provisioned.podUID())
        || !guestHash.equals(provisioned.guestHash())
        || !isCurrentBoot(provisioned.bootId())) {
      return renewing("the guest does not hold the current files yet");
    }
    return stale(ConditionType.Provisioned);
  }

  private Optional<Verdict> sealed() {
    Optional<Verdict> said = saidFalse(ConditionType.EgressSealed, Reason.SealPending);
    if (said.isPresent()) {
      return said;
    }
    SealStatus seal = status.seal();
    if (seal == null
        || !podUID.equals(seal.podUID())
        || !policyHash.equals(seal.policyHash())
        || !isCurrentBoot(seal.bootId())) {
      return renewing("the seal is not proven for the current Pod, policy and boot yet");
    }
    return notSealed(seal).or(() -> stale(ConditionType.EgressSealed));
  }

  private static Optional<Verdict> notSealed(SealStatus seal) {
    if (seal.probes().isEmpty()) {
      return Optional.of(Verdict.no(Reason.SealPending, "no probe was run"));
    }
    return seal.probes().stream()
        .filter(probe -> probe.verdict() != ProbeResult.Verdict.Sealed)
        .findFirst()
        .map(probe ->
            Verdict.no(
                probe.verdict() == ProbeResult.Verdict.Leaked
                    ? Reason.ProbeLeaked
                    : Reason.ProbeFailed,
                "probe " + probe.name() + ": " + probe.detail()));
  }

  private boolean isCurrentBoot(String bootId) {
    MachineStatus machine = status.machine();
    return machine != null && bootId.equals(machine.bootId());
  }

  /** The agent's condition, when it is not True; its reason is passed on. */
  private Optional<Verdict> saidFalse(ConditionType type, Reason otherwise) {
    if (conditions.isTrue(type)) {
      return Optional.empty();
    }
    return Optional.of(
        conditions
            .find(type)
            .map(condition ->
                Verdict.no(reason(condition, otherwise), String.valueOf(condition.getMessage())))
            .orElseGet(() -> Verdict.no(otherwise, "the agent has not reported " + type)));
  }

  /** True, but concluded before the spec changed: the agent may not have seen the change. */
  private Optional<Verdict> stale(ConditionType type) {
    return conditions.isTrue(type, generation)
        ? Optional.empty()
        : renewing("the agent has not confirmed " + type + " for generation " + generation);
  }

  private static Optional<Verdict> renewing(String message) {
    return Optional.of(Verdict.no(Reason.Reconciling, message));
  }

  private static Reason reason(Condition condition, Reason otherwise) {
    return Arrays.stream(Reason.values())
        .filter(reason -> reason.name().equals(condition.getReason()))
        .findFirst()
        .orElse(otherwise);
  }
}
