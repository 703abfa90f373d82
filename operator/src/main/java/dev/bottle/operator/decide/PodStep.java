package dev.bottle.operator.decide;

import dev.bottle.crd.condition.Reason;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;

/** What happens to the bundle Pod. */
public sealed interface PodStep {

  /** It is as it must be. */
  record Keep() implements PodStep {}

  /** There is none; make this one. */
  record Create(Pod pod) implements PodStep {}

  /** Bump these annotations, so that kubelet syncs the volumes at once. */
  record Annotate(Pod pod, Map<String, String> annotations) implements PodStep {}

  /**
   * Delete it.
   *
   * @param force without grace: only when a person vouches for a node that cannot confirm
   * @param reason what a person sees meanwhile
   */
  record Delete(Pod pod, boolean force, Reason reason, String message) implements PodStep {}

  /** It is being deleted; the next one comes when it is gone. */
  record AwaitGone(String message) implements PodStep {}

  /** Nothing may be made now. */
  record Hold(Reason reason, String message) implements PodStep {}
}
