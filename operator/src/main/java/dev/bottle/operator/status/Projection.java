package dev.bottle.operator.status;

import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.BundleStatus;
import dev.bottle.crd.api.GrantStatus;
import dev.bottle.crd.api.Placement;
import dev.bottle.crd.api.RequestDecision;
import dev.bottle.crd.condition.ConditionStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.condition.Conditions;
import dev.bottle.crd.condition.Reason;
import dev.bottle.operator.approval.ApprovalPlan;
import dev.bottle.operator.approval.Approvals;
import dev.bottle.operator.decide.Plan;
import dev.bottle.operator.decide.PodStep;
import dev.bottle.operator.lease.AgentState;
import dev.bottle.operator.observe.Observation;
import dev.bottle.operator.render.PodPin;
import dev.bottle.operator.render.Rendered;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** From an observation, the plan and what came of it to the operator's part of the status. Pure. */
public final class Projection {
  /** The conditions that the operator writes; the others are the agent's. */
  public static final Set<ConditionType> OWNED =
      Set.of(
          ConditionType.Prepared,
          ConditionType.TLSReady,
          ConditionType.BundleReady,
          ConditionType.RoutesReady,
          ConditionType.AgentReachable,
          ConditionType.Ready,
          ConditionType.Stalled);

  /** Reasons that no waiting will mend: kstatus reads Stalled as failed and stops waiting. */
  private static final Set<Reason> NEEDS_A_PERSON =
      Set.of(
          Reason.AdminConfigInvalid,
          Reason.InspectionRequired,
          Reason.PipelockImageMissing,
          Reason.PipelockConfigInvalid,
          Reason.NodeGone,
          Reason.DeletionBlocked,
          Reason.ProbeLeaked,
          Reason.HostFactMismatch,
          Reason.UntrustedVolume,
          Reason.UserNotFound);

  private final Observation observation;
  private final Clock clock;
  private final long generation;
  private final ApprovalPlan approvals;
  private final boolean rendered;

  private Projection(Observation observation, boolean rendered) {
    this.observation = observation;
    this.clock = Clock.fixed(observation.now(), ZoneOffset.UTC);
    this.generation = observation.bottle().getMetadata().getGeneration();
    this.approvals = Approvals.decide(observation);
    this.rendered = rendered;
  }

  /** The status with exactly the operator's fields; everything else is null. */
  public static BottleStatus project(Observation observation, Plan plan, Outcome outcome) {
    return new Projection(observation, isRendered(plan, outcome)).status(plan, outcome);
  }

  /**
   * Whether the policy that is there is the one with the grants: written now, or before. Otherwise
   * a former one is, and with it the grants that the status has.
   */
  private static boolean isRendered(Plan plan, Outcome outcome) {
    return plan instanceof Plan.Converge converge
        && (outcome instanceof Outcome.Done
            || !converge.apply().contains(converge.rendered().policy()));
  }

  private List<GrantStatus> grants() {
    return rendered
        ? approvals.grants()
        : Approvals.lasting(observation.status().grants(), observation.now());
  }

  private List<RequestDecision> decisions() {
    return rendered
        ? Stream.concat(approvals.decisions().stream(), approvals.opened().stream())
            .sorted(Comparator.comparing(RequestDecision::id))
            .toList()
        : approvals.decisions();
  }

  private BottleStatus status(Plan plan, Outcome outcome) {
    return switch (plan) {
      case Plan.TearDown tearDown -> tornDown(tearDown, outcome);
      case Plan.Refuse(Reason reason, String message, boolean stalled, PodStep pod) ->
          refused(reason, message, stalled);
      case Plan.Converge converge ->
          switch (outcome) {
            case Outcome.Refused(String message) -> refused(Reason.ApplyRefused, message, false);
            case Outcome.Taken(String message) -> refused(Reason.NameTaken, message, true);
            case Outcome.Done() -> converged(converge);
          };
    };
  }

  private BottleStatus tornDown(Plan.TearDown tearDown, Outcome outcome) {
    Verdict verdict =
        switch (outcome) {
          case Outcome.Refused(String message) -> Verdict.no(Reason.ApplyRefused, message);
          case Outcome.Taken(String message) -> Verdict.no(Reason.NameTaken, message);
          case Outcome.Done() ->
              switch (tearDown.release()) {
                case Plan.Released() -> Verdict.no(Reason.Terminating, "the machine is gone");
                case Plan.Awaiting(String message) -> Verdict.no(Reason.Terminating, message);
                case Plan.Blocked(String message) -> Verdict.no(Reason.DeletionBlocked, message);
              };
        };
    Conditions conditions =
        set(
            set(owned(), ConditionType.Prepared, Verdict.no(Reason.Terminating, "being deleted")),
            ConditionType.AgentReachable,
            agentReachable(observation.placement()));
    return assemble(conditions, verdict, false, observation.placement(), former());
  }

  private BottleStatus refused(Reason reason, String message, boolean stalled) {
    Verdict verdict = Verdict.no(reason, message);
    Conditions conditions =
        set(
            set(owned(), ConditionType.Prepared, verdict),
            ConditionType.AgentReachable,
            agentReachable(observation.placement()));
    return assemble(conditions, verdict, stalled, observation.placement(), former());
  }

  private BottleStatus converged(Plan.Converge converge) {
    Rendered rendered = converge.rendered();
    Pod pod = current(converge.pod());
    Placement placement = converge.placement();
    Verdict prepared = prepared(converge.pod(), pod, placement);
    BundleVerdicts bundle = new BundleVerdicts(observation, pod, rendered);
    Verdict tls = bundle.tlsReady();
    Verdict daemons = bundle.bundleReady();
    Verdict agent = agentReachable(placement);
    Conditions conditions = set(owned(), ConditionType.Prepared, prepared);
    conditions = set(conditions, ConditionType.TLSReady, tls);
    conditions = set(conditions, ConditionType.BundleReady, daemons);
    Optional<Verdict> routes = bundle.routesReady();
    conditions =
        routes.isPresent()
            ? set(conditions, ConditionType.RoutesReady, routes.get())
            : conditions.without(ConditionType.RoutesReady);
    conditions = set(conditions, ConditionType.AgentReachable, agent);
    Verdict ready =
        unreachable(converge.pod(), agent)
            .or(() -> firstFailing(prepared, agent, tls, daemons))
            .or(() -> lacking(rendered, pod, placement))
            .orElseGet(() ->
                Verdict.yes(
                    Reason.Ready, "sealed and proven for the current Pod, policy and boot"));
    return assemble(conditions, ready, false, placement, bundle(placed(pod, placement), rendered));
  }

  /**
   * A silent agent is the first thing to know of a placed machine: whatever else is missing may be
   * missing because of it. What only a person can change, or asked for, comes before it.
   */
  private static Optional<Verdict> unreachable(PodStep step, Verdict agent) {
    return step instanceof PodStep.Hold || agent.reason() != Reason.AgentUnreachable
        ? Optional.empty()
        : Optional.of(agent);
  }

  /**
   * The Pod, when it is of the placement's life: an agent must never start a machine for another.
   */
  private static @Nullable Pod placed(@Nullable Pod pod, @Nullable Placement placement) {
    return pod == null || (placement != null && PodPin.epoch(pod) != placement.epoch())
        ? null
        : pod;
  }

  private static BundleStatus bundle(@Nullable Pod pod, Rendered rendered) {
    return new BundleStatus(
        pod == null ? null : pod.getMetadata().getName(),
        pod == null ? null : pod.getMetadata().getUid(),
        rendered.policyHash(),
        rendered.guestHash(),
        null);
  }

  /** The Pod that serves this Bottle and will go on doing so. */
  private @Nullable Pod current(PodStep step) {
    return switch (step) {
      case PodStep.Keep() -> observation.pod();
      case PodStep.Annotate annotate -> annotate.pod();
      case PodStep.Create create -> null;
      case PodStep.Delete delete -> null;
      case PodStep.AwaitGone await -> null;
      case PodStep.Hold hold -> null;
    };
  }

  private Verdict prepared(PodStep step, @Nullable Pod pod, @Nullable Placement placement) {
    return switch (step) {
      case PodStep.Create create ->
          Verdict.no(Reason.WaitingForPod, "the bundle Pod is being created");
      case PodStep.Delete delete -> Verdict.no(delete.reason(), delete.message());
      case PodStep.AwaitGone(String message) ->
          Verdict.no(
              observation.bottle().getSpec().running() ? Reason.WaitingForPod : Reason.Stopped,
              message);
      case PodStep.Hold(Reason reason, String message) -> Verdict.no(reason, message);
      case PodStep.Keep keep -> applied(pod, placement);
      case PodStep.Annotate annotate -> applied(pod, placement);
    };
  }

  private Verdict applied(@Nullable Pod pod, @Nullable Placement placement) {
    if (pod == null) {
      return Verdict.no(Reason.WaitingForPod, "there is no bundle Pod");
    }
    if (placement == null || !placement.nodeName().equals(pod.getSpec().getNodeName())) {
      return new PodReading(pod)
          .unschedulable()
          .orElseGet(() -> Verdict.no(Reason.WaitingForPod, "the bundle Pod has no node yet"));
    }
    if (placed(pod, placement) == null) {
      return Verdict.no(
          Reason.WaitingForPod, "the bundle Pod is not of placement epoch " + placement.epoch());
    }
    return Verdict.yes(Reason.Rendered, "policy, guest files, NetworkPolicy and Pod are applied");
  }

  private Verdict agentReachable(@Nullable Placement placement) {
    if (placement == null) {
      return Verdict.unknown(Reason.NotPlaced, "the Bottle has no node yet");
    }
    return switch (observation.agent(placement.nodeName())) {
      case AgentState.Fresh ->
          Verdict.yes(
              Reason.AgentLeaseFresh,
              "the agent on node " + placement.nodeName() + " renews its Lease");
      case AgentState.Stale ->
          Verdict.unknown(
              Reason.AgentUnreachable,
              "the agent on node "
                  + placement.nodeName()
                  + " has stopped renewing its Lease; the machine may still run");
      case AgentState.Missing ->
          Verdict.unknown(
              Reason.AgentUnreachable, "there is no agent on node " + placement.nodeName());
    };
  }

  private Optional<Verdict> lacking(
      Rendered rendered, @Nullable Pod pod, @Nullable Placement placement) {
    if (pod == null || placement == null) {
      return Optional.of(Verdict.no(Reason.WaitingForPod, "there is no bundle Pod"));
    }
    return new Proof(
            observation,
            placement,
            pod.getMetadata().getUid(),
            rendered.policyHash(),
            rendered.guestHash())
        .lacking();
  }

  private static Optional<Verdict> firstFailing(Verdict... verdicts) {
    return Optional.of(verdicts).stream()
        .flatMap(java.util.Arrays::stream)
        .filter(verdict -> !verdict.holds())
        .findFirst();
  }

  private BottleStatus assemble(
      Conditions conditions,
      Verdict ready,
      boolean stalled,
      @Nullable Placement placement,
      BundleStatus bundle) {
    Conditions all = set(conditions, ConditionType.Ready, ready);
    boolean needsAPerson = stalled || NEEDS_A_PERSON.contains(ready.reason());
    all =
        needsAPerson
            ? set(all, ConditionType.Stalled, Verdict.yes(ready.reason(), ready.message()))
            : all.without(ConditionType.Stalled);
    return new BottleStatus(
        generation,
        PhaseSummary.of(observation, ready, needsAPerson, placement),
        placement,
        all.owned(OWNED),
        bundle,
        null,
        null,
        null,
        null,
        null,
        null,
        some(decisions()),
        some(grants()),
        approvals.pending() == 0 ? null : approvals.pending());
  }

  private static <T> @Nullable List<T> some(List<T> values) {
    return values.isEmpty() ? null : values;
  }

  /** What stays of the bundle's status while nothing new is rendered. */
  private BundleStatus former() {
    BundleStatus former = observation.status().bundle();
    return former == null
        ? new BundleStatus(null, null, null, null, null)
        : new BundleStatus(
            former.pod(), former.podUID(), former.policyHash(), former.guestHash(), null);
  }

  private Conditions owned() {
    return new Conditions(Conditions.of(observation.status().conditions()).owned(OWNED));
  }

  private Conditions set(Conditions conditions, ConditionType type, Verdict verdict) {
    ConditionStatus status = verdict.status();
    return conditions.with(type, status, verdict.reason(), verdict.message(), generation, clock);
  }
}
