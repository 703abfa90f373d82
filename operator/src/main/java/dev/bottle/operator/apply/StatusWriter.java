package dev.bottle.operator.apply;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.BundleStatus;
import dev.bottle.crd.condition.Conditions;
import dev.bottle.crd.names.Names;
import dev.bottle.operator.status.Projection;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the operator's part of a status by server-side apply, when it differs from what is there.
 * The one place that knows how the SDK keeps its cache from lagging behind such a write: a
 * placement that is written must be seen by the next reconcile, which holds only for a write that
 * names the version it started from.
 */
public final class StatusWriter {
  private static final int CONFLICT = 409;
  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager(Names.OPERATOR_FIELD_MANAGER)
          .withForce(true)
          .build();

  /** What came of it. */
  public enum Result {
    /** There was nothing to write. */
    Unchanged,
    Written,
    /** The Bottle has changed meanwhile, most likely by its agent; reconcile again. */
    Outdated
  }

  /**
   * @param desired exactly the operator's fields; the client must leave out nulls, which would
   *     otherwise take the agent's fields
   */
  public Result write(Bottle bottle, BottleStatus desired, Context<Bottle> context) {
    if (desired.equals(owned(bottle.getStatus()))) {
      return Result.Unchanged;
    }
    Bottle fresh = new Bottle();
    fresh.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(bottle.getMetadata().getNamespace())
            .withName(bottle.getMetadata().getName())
            .withResourceVersion(bottle.getMetadata().getResourceVersion())
            .build());
    fresh.setStatus(desired);
    try {
      Bottle updated = context.getClient().resource(fresh).subresource("status").patch(APPLY);
      context
          .eventSourceRetriever()
          .getControllerEventSource()
          .handleRecentResourceUpdate(ResourceID.fromResource(bottle), updated, bottle);
      return Result.Written;
    } catch (KubernetesClientException e) {
      if (e.getCode() == CONFLICT) {
        return Result.Outdated;
      }
      throw e;
    }
  }

  /** The operator's part of this status, in the form that a projection has. */
  public static BottleStatus owned(@Nullable BottleStatus status) {
    if (status == null) {
      return new BottleStatus(
          null, null, null, null, null, null, null, null, null, null, null, null, null, null);
    }
    BundleStatus bundle = status.bundle();
    return new BottleStatus(
        status.observedGeneration(),
        status.phase(),
        status.placement(),
        Conditions.of(status.conditions()).owned(Projection.OWNED),
        bundle == null
            ? new BundleStatus(null, null, null, null, null)
            : new BundleStatus(
                bundle.pod(), bundle.podUID(), bundle.policyHash(), bundle.guestHash(), null),
        null,
        null,
        null,
        null,
        null,
        null,
        some(status.decisions()),
        some(status.grants()),
        status.pendingRequests());
  }

  /** A projection says none by leaving it out. */
  private static <T> @Nullable List<T> some(@Nullable List<T> values) {
    return values == null || values.isEmpty() ? null : values;
  }
}
