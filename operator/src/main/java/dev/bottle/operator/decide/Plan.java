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
   * Nothing is applied; what runs is left alone, unless it is to stop: that needs nothing rendered.
   *
   * @param stalled whether only a person can change it
   * @param pod keeps the Pod, or ends it when {@code spec.running} is false
   */
  record Refuse(Reason reason, String message, boolean stalled, PodStep pod) implements Plan {}

  /**
   * Bring the objects to what is rendered: first those of {@code apply}, in order, then the Pod.
   *
   * @param apply the objects that differ from what is there, in the order in which to apply them
   * @param placement where the machine is from now on; null while it has no node
   * @param vouchSpent whether the next life begins and a person's vouching for the former one, that
   *     the Bottle still carries, has to go first: until then the placement does not move
   */
  record Converge(
      Rendered rendered,
      List<HasMetadata> apply,
      PodStep pod,
      @Nullable Placement placement,
      boolean vouchSpent)
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
