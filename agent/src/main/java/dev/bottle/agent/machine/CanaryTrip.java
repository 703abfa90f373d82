package dev.bottle.agent.machine;

import dev.bottle.agent.report.AgentStatus;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.agent.report.EventRecorder;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.crd.condition.ConditionStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.condition.Reason;
import java.time.Clock;

/**
 * Says for good that a guest tried to send its Bottle's canary: in a condition that nothing takes
 * back, and once in an Event. It says so at once, not with the counted refusals, among which others
 * would push it out.
 */
final class CanaryTrip {
  private final BottleRef bottle;
  private final StatusBoard board;
  private final EventRecorder events;
  private final Clock clock;

  CanaryTrip(BottleRef bottle, StatusBoard board, EventRecorder events, Clock clock) {
    this.bottle = bottle;
    this.board = board;
    this.events = events;
    this.clock = clock;
  }

  /**
   * Something with the canary in it was refused.
   *
   * @param target where it was to go, for people
   */
  synchronized void tripped(String target) {
    if (board.current().conditions().isTrue(ConditionType.CanaryTripped)) {
      return;
    }
    String message = "the guest tried to send its canary to " + target + "; refused";
    board.update(former ->
        former.withConditions(
            former
                .conditions()
                .with(
                    ConditionType.CanaryTripped,
                    ConditionStatus.True,
                    Reason.CanaryTripped,
                    message,
                    generation(former),
                    clock)));
    events.warn(bottle, Reason.CanaryTripped, message);
  }

  private static long generation(AgentStatus status) {
    return status
        .conditions()
        .find(ConditionType.Booted)
        .map(booted -> booted.getObservedGeneration())
        .orElse(0L);
  }
}
