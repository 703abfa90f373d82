package dev.bottle.system.benchmark;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A line of the table.
 *
 * @param target what egress shall reach; null for none
 * @param least whether the target is the least, and not the most, that is good
 * @param values by the subject's name
 */
record Figure(
    String what, String unit, @Nullable Double target, boolean least, Map<String, Double> values) {
  /** At most the target is good. */
  static Figure most(String what, String unit, @Nullable Double target) {
    return new Figure(what, unit, target, false, new LinkedHashMap<>());
  }

  /** At least the target is good. */
  static Figure least(String what, String unit, @Nullable Double target) {
    return new Figure(what, unit, target, true, new LinkedHashMap<>());
  }

  Figure with(String subject, double value) {
    values.put(subject, value);
    return this;
  }

  /** Of egress to another; null when one of them was not measured. */
  @Nullable Double ratio(String other) {
    Double ours = values.get(Suite.EGRESS);
    Double theirs = values.get(other);
    return ours == null || theirs == null || theirs == 0 ? null : ours / theirs;
  }

  /** Whether egress reaches the target; null without one. */
  @Nullable Boolean reached() {
    Double ours = values.get(Suite.EGRESS);
    if (ours == null || target == null) {
      return null;
    }
    return least ? ours >= target : ours <= target;
  }
}
