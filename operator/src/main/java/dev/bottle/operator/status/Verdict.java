package dev.bottle.operator.status;

import dev.bottle.crd.condition.ConditionStatus;
import dev.bottle.crd.condition.Reason;

/** What one condition says. */
record Verdict(ConditionStatus status, Reason reason, String message) {
  static Verdict yes(Reason reason, String message) {
    return new Verdict(ConditionStatus.True, reason, message);
  }

  static Verdict no(Reason reason, String message) {
    return new Verdict(ConditionStatus.False, reason, message);
  }

  static Verdict unknown(Reason reason, String message) {
    return new Verdict(ConditionStatus.Unknown, reason, message);
  }

  boolean holds() {
    return status == ConditionStatus.True;
  }
}
