package dev.bottle.operator.decide;

import dev.bottle.crd.api.Placement;
import dev.bottle.crd.condition.Reason;
import dev.bottle.operator.render.Rendered;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one reconcile does. */
public sealed interface Plan {

  /**
   * Nothing is written but the status; what runs is left alone.
   *
   * @param stalled whether only a person can change it
   */
  record Refuse(Reason reason, String message, boolean stalled) implements Plan {}

  /**
   * Bring the objects to what is rendered: first those of {@code apply}, in order, then the Pod.
   *
   * @param apply the objects that differ from what is there, in the order in which to apply them
   * @param placement where the machine is from now on; null while it has no node
   * @param released whether the placement's epoch rose because a person vouched for the former node
   */
  record Converge(
      Rendered rendered,
      List<HasMetadata> apply,
      PodStep pod,
      @Nullable Placement placement,
      boolean released)
      implements Plan {}

  /** The Bottle is being deleted: first its Pod, then, when the machine is gone, the finalizer. */
  record TearDown(PodStep pod, Release release) implements Plan {}

  /** Whether the finalizer may go. */
  sealed interface Release {}

  /** No machine exists, or a person vouches for that. */
  record Released() implements Release {}

  /** The agent is at it. */
  record Awaiting(String message) implements Release {}

  /** Nobody is there to confirm. */
  record Blocked(String message) implements Release {}
}
