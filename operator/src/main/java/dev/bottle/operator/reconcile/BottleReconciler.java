package dev.bottle.operator.reconcile;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.Placement;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.names.Names;
import dev.bottle.operator.apply.Applier;
import dev.bottle.operator.apply.ApprovalWriter;
import dev.bottle.operator.apply.ForceReleaseAnnotation;
import dev.bottle.operator.apply.StatusWriter;
import dev.bottle.operator.approval.ApprovalPlan;
import dev.bottle.operator.approval.Approvals;
import dev.bottle.operator.cluster.ClusterWatch;
import dev.bottle.operator.decide.Decider;
import dev.bottle.operator.decide.Plan;
import dev.bottle.operator.decide.PodStep;
import dev.bottle.operator.events.EventRecorder;
import dev.bottle.operator.events.Transitions;
import dev.bottle.operator.lease.AgentLeases;
import dev.bottle.operator.observe.BundleInformers;
import dev.bottle.operator.observe.Observation;
import dev.bottle.operator.status.Outcome;
import dev.bottle.operator.status.Projection;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Observe, decide, act, say so: the frame around the pure parts. */
@ControllerConfiguration(
    name = "bottle",
    finalizerName = Names.FINALIZER,
    fieldManager = Names.OPERATOR_FIELD_MANAGER,
    generationAwareEventProcessing = false)
public final class BottleReconciler implements Reconciler<Bottle>, Cleaner<Bottle> {
  /** Also the bound on what the SDK's timer retains: it never purges cancelled tasks. */
  private static final Duration MAXIMUM_INTERVAL = Duration.ofMinutes(10);

  /**
   * What is not watched, because it is not ours, or is under way, is looked at again after this.
   */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

  /** The event of what made us outdated is on its way; this is in case it is not news to us. */
  private static final Duration OUTDATED = Duration.ofMillis(200);

  private final Decider decider;
  private final ClusterWatch cluster;
  private final AgentLeases leases;
  private final BottleTrigger trigger;
  private final Applier applier;
  private final ApprovalWriter approvalWriter;
  private final StatusWriter statusWriter;
  private final ForceReleaseAnnotation forceRelease;
  private final EventRecorder events;
  private final Transitions transitions;
  private final Overtaken overtaken = new Overtaken();
  private final InstantSource clock;
  private @Nullable BundleInformers informers;

  public BottleReconciler(
      Decider decider,
      ClusterWatch cluster,
      AgentLeases leases,
      BottleTrigger trigger,
      Applier applier,
      ApprovalWriter approvalWriter,
      StatusWriter statusWriter,
      ForceReleaseAnnotation forceRelease,
      EventRecorder events,
      InstantSource clock) {
    this.decider = decider;
    this.cluster = cluster;
    this.leases = leases;
    this.trigger = trigger;
    this.applier = applier;
    this.approvalWriter = approvalWriter;
    this.statusWriter = statusWriter;
    this.forceRelease = forceRelease;
    this.events = events;
    this.transitions = new Transitions(events);
    this.clock = clock;
  }

  /** The settings that the annotation cannot carry. */
  public static void configure(ControllerConfigurationOverrider<Bottle> configuration) {
    configuration
        .withOnUpdateFilter(new BottleChanges())
        .withRetry(new Backoff(RandomGenerator.getDefault()))
        .withReconciliationMaxInterval(MAXIMUM_INTERVAL);
  }

  @Override
  public List<EventSource<?, Bottle>> prepareEventSources(EventSourceContext<Bottle> context) {
    BundleInformers prepared = new BundleInformers(context);
    informers = prepared;
    List<EventSource<?, Bottle>> sources = new ArrayList<>(prepared.sources());
    sources.add(trigger.source(context));
    return sources;
  }

  @Override
  public UpdateControl<Bottle> reconcile(Bottle bottle, Context<Bottle> context) {
    Observation observation = observe(bottle);
    ApprovalPlan approvals = Approvals.decide(observation);
    ApprovalWriter.Report written = approvalWriter.carryOut(bottle, approvals);
    Plan plan = decider.decide(observation);
    Outcome outcome =
        switch (plan) {
          case Plan.Converge converge -> applier.converge(observation, converge);
          case Plan.Refuse refuse -> applier.pod(bottle, refuse.pod());
          case Plan.TearDown tearDown ->
              throw new IllegalStateException("a Bottle that stays is not torn down");
        };
    if (plan instanceof Plan.Converge converge && converge.vouchSpent()) {
      // Before the new placement is written: a vouching that outlived it would be taken for the
      // next machine, even if this process ended right here.
      vouchSpent(observation);
      return UpdateControl.<Bottle>noUpdate().rescheduleAfter(again(bottle));
    }
    boolean said = say(observation, plan, outcome, context);
    written.rethrow();
    if (!said || written.result() == ApprovalWriter.Result.Outdated) {
      return UpdateControl.<Bottle>noUpdate().rescheduleAfter(again(bottle));
    }
    overtaken.end(ResourceID.fromResource(bottle));
    Duration rest = rest(approvals, written);
    Duration soon = shorter(LOOK_AGAIN, rest);
    return switch (outcome) {
      case Outcome.Done() ->
          UpdateControl.<Bottle>noUpdate().rescheduleAfter(isAtRest(plan) ? rest : soon);
      case Outcome.Taken taken -> UpdateControl.<Bottle>noUpdate().rescheduleAfter(soon);
      case Outcome.Refused(String message) -> throw new LaterException(message);
    };
  }

  @Override
  public DeleteControl cleanup(Bottle bottle, Context<Bottle> context) {
    Observation observation = observe(bottle);
    Plan plan = decider.decide(observation);
    if (!(plan instanceof Plan.TearDown tearDown)) {
      throw new IllegalStateException("a Bottle that is being deleted is torn down, not " + plan);
    }
    Outcome outcome = applier.pod(bottle, tearDown.pod());
    if (tearDown.release() instanceof Plan.Released) {
      overtaken.end(ResourceID.fromResource(bottle));
      return DeleteControl.defaultDelete();
    }
    boolean said = say(observation, plan, outcome, context);
    if (!said) {
      return DeleteControl.noFinalizerRemoval().rescheduleAfter(again(bottle));
    }
    overtaken.end(ResourceID.fromResource(bottle));
    return DeleteControl.noFinalizerRemoval().rescheduleAfter(LOOK_AGAIN);
  }

  /** At once, as a rule; throws when that has not helped a few times in a row. */
  private Duration again(Bottle bottle) {
    if (overtaken.isTooOften(ResourceID.fromResource(bottle))) {
      throw new LaterException(
          "something else wrote first, more than " + Overtaken.PATIENCE + " times in a row");
    }
    return OUTDATED;
  }

  private Observation observe(Bottle bottle) {
    return Objects.requireNonNull(informers, "event sources are prepared before the first event")
        .observe(bottle, cluster.facts(), leases.states(), clock.instant());
  }

  /** Whether the status says so now. */
  private boolean say(
      Observation observation, Plan plan, Outcome outcome, Context<Bottle> context) {
    BottleStatus status = Projection.project(observation, plan, outcome);
    return switch (statusWriter.write(observation.bottle(), status, context)) {
      case Unchanged -> true;
      case Written -> {
        transitions.record(observation.bottle(), observation.bottle().getStatus(), status);
        yield true;
      }
      case Outdated -> false;
    };
  }

  /** How long nothing happens by itself. */
  private Duration rest(ApprovalPlan approvals, ApprovalWriter.Report written) {
    if (written.result() == ApprovalWriter.Result.Refused) {
      return LOOK_AGAIN;
    }
    Instant next = approvals.next();
    Duration until = next == null ? MAXIMUM_INTERVAL : Duration.between(clock.instant(), next);
    return until.compareTo(OUTDATED) < 0 ? OUTDATED : shorter(until, MAXIMUM_INTERVAL);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** Otherwise the Pod's next event is waited for, and looked after in case it does not come. */
  private static boolean isAtRest(Plan plan) {
    return switch (plan) {
      case Plan.Converge converge ->
          converge.pod() instanceof PodStep.Keep || converge.pod() instanceof PodStep.Hold;
      case Plan.Refuse refuse -> refuse.pod() instanceof PodStep.Keep;
      case Plan.TearDown tearDown -> false;
    };
  }

  private void vouchSpent(Observation observation) {
    Placement former = observation.placement();
    if (former != null) {
      events.warning(
          observation.bottle(),
          Reason.NodeGone,
          "the machine on node "
              + former.nodeName()
              + " was given up by the annotation "
              + Names.FORCE_RELEASE_ANNOTATION);
    }
    forceRelease.consume(observation.bottle());
  }

  /** Makes the SDK try again with its backoff; the status already says what a person can change. */
  private static final class LaterException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LaterException(String message) {
      super(message, null, false, false);
    }
  }
}
