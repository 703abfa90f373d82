package dev.bottle.agent.report;

import dev.bottle.crd.api.AgentRequest;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.DaemonStatus;
import dev.bottle.crd.api.EgressStatus;
import dev.bottle.crd.api.GitStatus;
import dev.bottle.crd.api.MachineStatus;
import dev.bottle.crd.api.ProvisionedStatus;
import dev.bottle.crd.api.SealStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.condition.Conditions;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The part of a Bottle's status that the node agent owns. Equality says that nothing is to write.
 */
public record AgentStatus(
    List<DaemonStatus> daemons,
    @Nullable MachineStatus machine,
    @Nullable ProvisionedStatus provisioned,
    @Nullable SealStatus seal,
    @Nullable EgressStatus egress,
    @Nullable GitStatus git,
    @Nullable List<AgentRequest> requests,
    Conditions conditions) {

  /** The agent's conditions. */
  public static final Set<ConditionType> CONDITIONS =
      Set.of(
          ConditionType.Booted,
          ConditionType.Provisioned,
          ConditionType.EgressSealed,
          ConditionType.CanaryTripped);

  /** Nothing. */
  public static AgentStatus none() {
    return new AgentStatus(List.of(), null, null, null, null, null, null, Conditions.none());
  }

  /** What an earlier agent wrote, so that a restart writes nothing by itself. */
  public static AgentStatus of(Bottle bottle) {
    BottleStatus status = bottle.getStatus();
    if (status == null) {
      return none();
    }
    List<DaemonStatus> daemons = status.bundle() == null ? null : status.bundle().daemons();
    return new AgentStatus(
        daemons == null ? List.of() : List.copyOf(daemons),
        status.machine(),
        status.provisioned(),
        status.seal(),
        status.egress(),
        status.git(),
        status.requests() == null || status.requests().isEmpty() ? null : status.requests(),
        new Conditions(Conditions.of(status.conditions()).owned(CONDITIONS)));
  }

  /** The same with these daemons. */
  public AgentStatus withDaemons(List<DaemonStatus> changed) {
    return new AgentStatus(
        List.copyOf(changed), machine, provisioned, seal, egress, git, requests, conditions);
  }

  /** The same with the guest provisioned so. */
  public AgentStatus withProvisioned(ProvisionedStatus changed) {
    return new AgentStatus(daemons, machine, changed, seal, egress, git, requests, conditions);
  }

  /** The same with this proof; null: the proof is void. */
  public AgentStatus withSeal(@Nullable SealStatus changed) {
    return new AgentStatus(
        daemons, machine, provisioned, changed, egress, git, requests, conditions);
  }

  /** The same with these refusals. */
  public AgentStatus withEgress(EgressStatus changed) {
    return new AgentStatus(daemons, machine, provisioned, seal, changed, git, requests, conditions);
  }

  /** The same with these refusals of git-gate. */
  public AgentStatus withGit(GitStatus changed) {
    return new AgentStatus(
        daemons, machine, provisioned, seal, egress, changed, requests, conditions);
  }

  /** The same with these open requests; none: there is nothing to write of them. */
  public AgentStatus withRequests(List<AgentRequest> changed) {
    return new AgentStatus(
        daemons,
        machine,
        provisioned,
        seal,
        egress,
        git,
        changed.isEmpty() ? null : List.copyOf(changed),
        conditions);
  }

  /** The same with these conditions. */
  public AgentStatus withConditions(Conditions changed) {
    return new AgentStatus(daemons, machine, provisioned, seal, egress, git, requests, changed);
  }
}
