package dev.bottle.operator.events;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleApprovalStatus;
import dev.bottle.crd.condition.Reason;
import dev.bottle.operator.approval.ApprovalPlan;

/** The Events of BottleApprovals, about their Bottle; never with the agent's words in them. */
public final class ApprovalEvents {
  private ApprovalEvents() {}

  /** Of what was recorded just now. */
  public static void record(
      EventRecorder recorder, Bottle bottle, ApprovalPlan.Recording recording) {
    BottleApprovalStatus status = recording.status();
    if (status.reason() == null) {
      return;
    }
    Reason reason = Reason.valueOf(status.reason());
    String message =
        "BottleApproval " + recording.approval().getMetadata().getName() + ": " + status.message();
    switch (status.phase()) {
      case Pending, Applied, Denied -> recorder.normal(bottle, reason, message);
      case Ended -> say(recorder, bottle, reason, message, reason == Reason.GrantEnded);
      case Expired, Withdrawn -> say(recorder, bottle, reason, message, status.decidedAt() == null);
    }
  }

  private static void say(
      EventRecorder recorder, Bottle bottle, Reason reason, String message, boolean expected) {
    if (expected) {
      recorder.normal(bottle, reason, message);
    } else {
      recorder.warning(bottle, reason, message + " " + reason.remedy());
    }
  }
}
