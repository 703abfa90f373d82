package dev.bottle.operator.decide;

import dev.bottle.crd.api.EgressSpec;
import dev.bottle.crd.api.Inspection;
import dev.bottle.crd.api.Placement;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.names.Names;
import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.approval.Approvals;
import dev.bottle.operator.observe.Observation;
import dev.bottle.operator.render.Identity;
import dev.bottle.operator.render.PipelockCheck;
import dev.bottle.operator.render.Rendered;
import dev.bottle.operator.render.Renderer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** From what is to what is to be done. Pure. */
public final class Decider {
  private final Renderer renderer;

  public Decider(Renderer renderer) {
    this.renderer = renderer;
  }

  /** The one plan for this observation. */
  public Plan decide(Observation observation) {
    if (observation.bottle().isMarkedForDeletion()) {
      return tearDown(observation);
    }
    return switch (observation.cluster().admin()) {
      case AdminConfig.Invalid(String message) ->
          new Plan.Refuse(
              Reason.AdminConfigInvalid,
              adminConfigMap() + ": " + message,
              true,
              stopping(observation));
      case AdminConfig.Valid(AdminConfig admin) -> converge(observation, admin);
    };
  }

  private Plan converge(Observation observation, AdminConfig admin) {
    for (HasMetadata found : found(observation)) {
      if (!Identity.owns(observation.bottle(), found)) {
        return nameTaken(found, stopping(observation));
      }
    }
    Optional<Plan> refusal = inspectionRefusal(observation, admin);
    if (refusal.isPresent()) {
      return refusal.get();
    }
    Rendered rendered =
        renderer.render(
            observation.bottle(),
            admin,
            observation.cluster(),
            Approvals.decide(observation).grants());
    PodStep step = PodDecision.decide(observation, rendered);
    Placement former = observation.placement();
    Placement next = Life.place(observation, observation.pod());
    boolean spent = !Objects.equals(former, next) && Life.vouched(observation);
    return new Plan.Converge(
        rendered, differing(observation, rendered), step, spent ? former : next, spent);
  }

  /** What would run with another inspection than the spec's does not run on, either. */
  private static Optional<Plan> inspectionRefusal(Observation observation, AdminConfig admin) {
    EgressSpec egress = observation.bottle().getSpec().egress();
    Inspection inspection = egress == null ? null : egress.inspection();
    PodStep stop = PodDecision.stop(observation.pod());
    return switch (inspection) {
      case None ->
          admin.allowUninspected()
              ? Optional.empty()
              : Optional.of(
                  new Plan.Refuse(
                      Reason.InspectionRequired,
                      "spec.egress.inspection: None needs allowUninspected: true in the "
                          + adminConfigMap(),
                      true,
                      stop));
      case Pipelock ->
          admin.pipelockImage() == null
              ? Optional.of(
                  new Plan.Refuse(
                      Reason.PipelockImageMissing,
                      "spec.egress.inspection: Pipelock needs pipelockImage in the "
                          + adminConfigMap(),
                      true,
                      stop))
              : PipelockCheck.fault(observation.bottle(), admin)
                  .map(fault -> new Plan.Refuse(Reason.PipelockConfigInvalid, fault, true, stop));
      case Builtin -> Optional.empty();
      case null -> Optional.empty();
    };
  }

  private static String adminConfigMap() {
    return "ConfigMap " + Names.SYSTEM_NAMESPACE + "/" + Names.ADMIN_CONFIG_MAP;
  }

  /** What becomes of the Pod when nothing can be rendered. */
  private static PodStep stopping(Observation observation) {
    Pod pod = observation.pod();
    return observation.bottle().getSpec().running()
            || pod == null
            || !Identity.owns(observation.bottle(), pod)
        ? new PodStep.Keep()
        : PodDecision.stop(pod);
  }

  private static List<HasMetadata> found(Observation observation) {
    return Stream.<@Nullable HasMetadata>of(
            observation.policy(),
            observation.guest(),
            observation.networkPolicy(),
            observation.pod())
        .filter(Objects::nonNull)
        .toList();
  }

  /**
   * Objects of a former Bottle of this name carry our labels too, and go without a person's help.
   */
  private static Plan nameTaken(HasMetadata found, PodStep pod) {
    return new Plan.Refuse(
        Reason.NameTaken,
        found.getKind()
            + " "
            + found.getMetadata().getName()
            + " exists and belongs to something else",
        false,
        pod);
  }

  private static List<HasMetadata> differing(Observation observation, Rendered rendered) {
    List<HasMetadata> differing = new ArrayList<>();
    // The walls before what they stand around.
    if (!Difference.same(rendered.networkPolicy(), observation.networkPolicy())) {
      differing.add(rendered.networkPolicy());
    }
    if (!Difference.same(rendered.policy(), observation.policy())) {
      differing.add(rendered.policy());
    }
    if (!Difference.same(rendered.guest(), observation.guest())) {
      differing.add(rendered.guest());
    }
    return differing;
  }

  private static Plan tearDown(Observation observation) {
    Pod pod = observation.pod();
    Placement placement = observation.placement();
    boolean mine = pod != null && Identity.owns(observation.bottle(), pod);
    boolean forced = placement != null && Life.forced(observation, placement);
    PodStep step = new PodStep.Keep();
    boolean unreachable = placement != null && forced && !observation.isReachable(placement);
    if (pod != null && mine) {
      step =
          pod.isMarkedForDeletion() && !unreachable
              ? new PodStep.AwaitGone("the bundle Pod ends; the machine is stopped first")
              : new PodStep.Delete(
                  pod,
                  unreachable,
                  Reason.Terminating,
                  "the bundle Pod ends; the machine is stopped first");
    }
    return new Plan.TearDown(step, release(observation, placement, forced, mine));
  }

  private static Plan.Release release(
      Observation observation, @Nullable Placement placement, boolean forced, boolean podThere) {
    if (forced) {
      return new Plan.Released();
    }
    if (placement == null) {
      return podThere ? new Plan.Awaiting("the bundle Pod ends") : new Plan.Released();
    }
    if (Life.confirmedAbsent(observation, placement)) {
      return podThere ? new Plan.Awaiting("the bundle Pod ends") : new Plan.Released();
    }
    String node = placement.nodeName();
    if (observation.placedNode() == null) {
      return new Plan.Blocked("node " + node + " is gone and cannot confirm that the machine is");
    }
    if (!observation.isReachable(placement)) {
      return new Plan.Blocked(
          "the agent on node "
              + node
              + " is not reachable and cannot confirm that the machine is gone");
    }
    return new Plan.Awaiting("the agent on node " + node + " deletes the machine");
  }
}
