package dev.bottle.operator.apply;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.names.Names;
import dev.bottle.operator.approval.ApprovalPlan;
import dev.bottle.operator.events.ApprovalEvents;
import dev.bottle.operator.events.EventRecorder;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;

/**
 * Makes, records and removes BottleApprovals. Writes nothing but new objects and statuses, and
 * those, as well as deletions, only of the version that was decided on: a decision that a person
 * makes meanwhile is neither deleted nor dated twice.
 */
public final class ApprovalWriter {
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager(Names.OPERATOR_FIELD_MANAGER)
          .withForce(true)
          .build();

  /** What came of it; the order is that of urgency. */
  public enum Result {
    /** Everything is written. */
    Written,
    /** The API server refused an object, such as by a quota; an Event says so. */
    Refused,
    /** An object was another than the one decided on; reconcile again. */
    Outdated
  }

  private final KubernetesClient client;
  private final EventRecorder events;

  public ApprovalWriter(KubernetesClient client, EventRecorder events) {
    this.client = client;
    this.events = events;
  }

  /**
   * Takes every step; one that fails does not keep the others back.
   *
   * @throws KubernetesClientException when trying again may help without anybody's doing
   */
  public Result carryOut(Bottle bottle, ApprovalPlan plan) {
    Result result = Result.Written;
    for (BottleApproval approval : plan.remove()) {
      result = worse(result, guarded(bottle, approval, () -> remove(approval)));
    }
    for (ApprovalPlan.Recording recording : plan.record()) {
      Result recorded = guarded(bottle, recording.approval(), () -> record(recording));
      if (recorded == Result.Written) {
        ApprovalEvents.record(events, bottle, recording);
      }
      result = worse(result, recorded);
    }
    for (BottleApproval approval : plan.create()) {
      result = worse(result, guarded(bottle, approval, () -> create(approval)));
    }
    return result;
  }

  private static Result worse(Result one, Result other) {
    return one.compareTo(other) < 0 ? other : one;
  }

  private Result create(BottleApproval approval) {
    try {
      client.raw(
          path(approval.getMetadata().getNamespace())
              + "?fieldManager="
              + Names.OPERATOR_FIELD_MANAGER,
          "POST",
          approval);
    } catch (KubernetesClientException e) {
      // The cache lags behind our own creation: its id is random, so it is no other's.
      if (e.getCode() != CONFLICT) {
        throw e;
      }
    }
    return Result.Written;
  }

  private Result record(ApprovalPlan.Recording recording) {
    ObjectMeta decided = recording.approval().getMetadata();
    BottleApproval fresh = new BottleApproval();
    fresh.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(decided.getNamespace())
            .withName(decided.getName())
            .withUid(decided.getUid())
            .withResourceVersion(decided.getResourceVersion())
            .build());
    fresh.setStatus(recording.status());
    client.resource(fresh).subresource("status").patch(APPLY);
    return Result.Written;
  }

  private Result remove(BottleApproval approval) {
    ObjectMeta decided = approval.getMetadata();
    client.raw(
        path(decided.getNamespace()) + "/" + decided.getName(),
        "DELETE",
        new DeleteOptionsBuilder()
            .withNewPreconditions()
            .withUid(decided.getUid())
            .withResourceVersion(decided.getResourceVersion())
            .endPreconditions()
            .build());
    return Result.Written;
  }

  private static String path(String namespace) {
    return "/apis/bottle.dev/v1alpha1/namespaces/" + namespace + "/bottleapprovals";
  }

  private interface Effect {
    Result run();
  }

  private Result guarded(Bottle bottle, BottleApproval approval, Effect effect) {
    try {
      return effect.run();
    } catch (KubernetesClientException e) {
      int code = e.getCode();
      if (code == CONFLICT || code == NOT_FOUND) {
        return Result.Outdated;
      }
      if (code < 400 || code >= 500 || code == TOO_MANY_REQUESTS) {
        throw e;
      }
      String message = e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage();
      events.warning(
          bottle,
          Reason.ApplyRefused,
          "BottleApproval " + approval.getMetadata().getName() + ": " + message);
      return Result.Refused;
    }
  }
}
