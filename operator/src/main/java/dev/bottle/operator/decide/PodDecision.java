package dev.bottle.operator.decide;

import dev.bottle.crd.api.Placement;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.names.Names;
import dev.bottle.operator.observe.Observation;
import dev.bottle.operator.render.PodPin;
import dev.bottle.operator.render.Rendered;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Whether the bundle Pod is kept, made, annotated or replaced. Pure. */
final class PodDecision {
  /** Changing these syncs volumes; changing anything else that we render replaces the Pod. */
  private static final List<String> BUMPED =
      List.of(Names.POLICY_HASH_ANNOTATION, Names.GUEST_HASH_ANNOTATION);

  private PodDecision() {}

  static PodStep decide(Observation observation, Rendered rendered) {
    Pod pod = observation.pod();
    Placement placement = observation.placement();
    boolean running = observation.bottle().getSpec().running();
    if (pod != null
        && placement != null
        && PodPin.epoch(pod) <= placement.epoch()
        && Life.forced(observation, placement)) {
      boolean unreachable = !observation.isReachable(placement);
      return pod.isMarkedForDeletion() && !unreachable
          ? new PodStep.AwaitGone("the former Pod ends")
          : new PodStep.Delete(
              pod,
              unreachable,
              running ? Reason.WaitingForPod : Reason.Stopped,
              "the Pod on node " + placement.nodeName() + " is given up: " + forcedBy());
    }
    if (!running) {
      return stop(pod);
    }
    if (pod == null) {
      return create(observation, placement, rendered);
    }
    if (pod.isMarkedForDeletion()) {
      return new PodStep.AwaitGone("the former Pod ends");
    }
    if (placement != null
        && observation.placedNode() == null
        && PodPin.epoch(pod) <= placement.epoch()
        && !Life.confirmedAbsent(observation, placement)) {
      return nodeGone(placement);
    }
    return replacement(pod, placement, rendered).orElseGet(() -> bump(pod, rendered));
  }

  private static String forcedBy() {
    return "the annotation " + Names.FORCE_RELEASE_ANNOTATION + " vouches that its machine is gone";
  }

  static PodStep stop(@Nullable Pod pod) {
    if (pod == null) {
      return new PodStep.Hold(Reason.Stopped, "spec.running is false");
    }
    return pod.isMarkedForDeletion()
        ? new PodStep.AwaitGone("spec.running is false: the machine is stopped, its disk is kept")
        : new PodStep.Delete(
            pod,
            false,
            Reason.Stopped,
            "spec.running is false: the machine is stopped, its disk is kept");
  }

  private static PodStep create(
      Observation observation, @Nullable Placement placement, Rendered rendered) {
    if (placement == null) {
      return new PodStep.Create(PodPin.pin(rendered.pod(), Life.FIRST_EPOCH, null));
    }
    if (Life.ended(observation, placement)) {
      return new PodStep.Create(PodPin.pin(rendered.pod(), placement.epoch() + 1, null));
    }
    if (observation.placedNode() == null) {
      return nodeGone(placement);
    }
    return new PodStep.Create(PodPin.pin(rendered.pod(), placement.epoch(), placement.nodeName()));
  }

  private static PodStep nodeGone(Placement placement) {
    return new PodStep.Hold(
        Reason.NodeGone,
        "node "
            + placement.nodeName()
            + " (UID "
            + placement.nodeUID()
            + ") is gone; its machine may still run, so none is started elsewhere");
  }

  private static Optional<PodStep> replacement(
      Pod pod, @Nullable Placement placement, Rendered rendered) {
    String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
    if ("Failed".equals(phase) || "Succeeded".equals(phase)) {
      return replace(pod, Reason.PodFailed, ended(pod));
    }
    if (!rendered.shapeHash().equals(annotation(pod, Names.SHAPE_HASH_ANNOTATION))) {
      return replace(
          pod, Reason.WaitingForPod, "the Pod is replaced: images, volumes or sizes changed");
    }
    if (placement == null) {
      return Optional.empty();
    }
    long epoch = PodPin.epoch(pod);
    String node = pod.getSpec().getNodeName();
    boolean elsewhere = node != null && !node.equals(placement.nodeName());
    return epoch < placement.epoch() || (epoch == placement.epoch() && elsewhere)
        ? replace(
            pod,
            Reason.WaitingForPod,
            "the Pod is replaced: the machine lives on node " + placement.nodeName())
        : Optional.empty();
  }

  private static Optional<PodStep> replace(Pod pod, Reason reason, String message) {
    return Optional.of(new PodStep.Delete(pod, false, reason, message));
  }

  private static String ended(Pod pod) {
    String reason = pod.getStatus().getReason();
    String message = pod.getStatus().getMessage();
    return "the Pod ended"
        + (reason == null ? "" : " (" + reason + ")")
        + (message == null ? "" : ": " + message);
  }

  private static PodStep bump(Pod pod, Rendered rendered) {
    Map<String, String> desired = new TreeMap<>(rendered.pod().getMetadata().getAnnotations());
    desired.keySet().retainAll(BUMPED);
    boolean same =
        desired.entrySet().stream()
            .allMatch(entry -> Objects.equals(entry.getValue(), annotation(pod, entry.getKey())));
    return same ? new PodStep.Keep() : new PodStep.Annotate(pod, desired);
  }

  private static @Nullable String annotation(Pod pod, String name) {
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(name);
  }
}
