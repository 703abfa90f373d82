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
import org.jspecify.annotations.Nullable;

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
    Outdated,
    /** The API server did not do its part; trying again may help without anybody's doing. */
    Failed
  }

  /**
   * The worst result, and why.
   *
   * @param failure the first that made it {@link Result#Failed}, with the others; else null
   */
  public record Report(Result result, @Nullable KubernetesClientException failure) {
    /** Throws what failed, if something did, so that the reconcile is tried again. */
    public void rethrow() {
      if (failure != null) {
        throw failure;
      }
    }

    private Report and(Report other) {
      Result worse = result.compareTo(other.result) < 0 ? other.result : result;
      if (failure != null && other.failure != null) {
        failure.addSuppressed(other.failure);
      }
      return new Report(worse, failure == null ? other.failure : failure);
    }
  }

  private final KubernetesClient client;
  private final EventRecorder events;

  public ApprovalWriter(KubernetesClient client, EventRecorder events) {
    this.client = client;
    this.events = events;
  }

  /** Takes every step; one that fails, in whatever way, does not keep the others back. */
  public Report carryOut(Bottle bottle, ApprovalPlan plan) {
    Report report = new Report(Result.Written, null);
    for (BottleApproval approval : plan.remove()) {
      report = report.and(guarded(bottle, approval, () -> remove(approval)));
    }
    for (ApprovalPlan.Recording recording : plan.record()) {
      Report recorded = guarded(bottle, recording.approval(), () -> record(recording));
      if (recorded.result() == Result.Written) {
        ApprovalEvents.record(events, bottle, recording);
      }
      report = report.and(recorded);
    }
    for (BottleApproval approval : plan.create()) {
      report = report.and(guarded(bottle, approval, () -> create(approval)));
    }
    return report;
  }

  private void create(BottleApproval approval) {
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
  }

  private void record(ApprovalPlan.Recording recording) {
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
  }

  private void remove(BottleApproval approval) {
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
  }

  private static String path(String namespace) {
    return "/apis/bottle.dev/v1alpha1/namespaces/" + namespace + "/bottleapprovals";
  }

  private Report guarded(Bottle bottle, BottleApproval approval, Runnable effect) {
    try {
      effect.run();
      return new Report(Result.Written, null);
    } catch (KubernetesClientException e) {
      int code = e.getCode();
      if (code == CONFLICT || code == NOT_FOUND) {
        return new Report(Result.Outdated, null);
      }
      if (code < 400 || code >= 500 || code == TOO_MANY_REQUESTS) {
        return new Report(Result.Failed, e);
      }
      String message = e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage();
      events.warning(
          bottle,
          Reason.ApplyRefused,
          "BottleApproval " + approval.getMetadata().getName() + ": " + message);
      return new Report(Result.Refused, null);
    }
  }
}
