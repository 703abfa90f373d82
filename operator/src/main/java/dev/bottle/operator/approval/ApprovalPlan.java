package dev.bottle.operator.approval;

import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.api.BottleApprovalStatus;
import dev.bottle.crd.api.GrantStatus;
import dev.bottle.crd.api.RequestDecision;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one reconcile does to the BottleApprovals of a Bottle, and what those that are recorded
 * already mean for it. What is recorded now has its effect with the next reconcile, from what the
 * API server then holds.
 *
 * @param remove each only if it still is the version that was looked at
 * @param decisions about open requests, for the agent; true whatever is rendered
 * @param opened the others: hosts that the agent has not been told of, open once the policy that is
 *     there has the grants
 * @param grants the active ones, by approval
 * @param pending how many requests wait for a person
 * @param next when something ends by itself, or null
 */
public record ApprovalPlan(
    List<BottleApproval> create,
    List<Recording> record,
    List<BottleApproval> remove,
    List<RequestDecision> decisions,
    List<RequestDecision> opened,
    List<GrantStatus> grants,
    int pending,
    @Nullable Instant next) {
  /** Of a Bottle that is being deleted: its BottleApprovals go with it. */
  static final ApprovalPlan NOTHING =
      new ApprovalPlan(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), 0, null);

  /** A status that differs from the one that is there. */
  public record Recording(BottleApproval approval, BottleApprovalStatus status) {}

  /** Whether nothing has to be written. */
  public boolean isSettled() {
    return create.isEmpty() && record.isEmpty() && remove.isEmpty();
  }
}
