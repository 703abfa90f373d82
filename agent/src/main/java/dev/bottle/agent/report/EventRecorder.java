package dev.bottle.agent.report;

import dev.bottle.crd.condition.Reason;

/** Tells people what happened, beside the conditions that tell what is. */
@FunctionalInterface
public interface EventRecorder {
  /** A warning about that Bottle. Best effort, never blocks for long, never throws. */
  void warn(BottleRef bottle, Reason reason, String message);
}
