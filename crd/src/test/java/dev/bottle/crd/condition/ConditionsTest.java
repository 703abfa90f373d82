package dev.bottle.crd.condition;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConditionsTest {
  private static final Clock FIRST = at("2026-01-02T03:04:05.678Z");
  private static final Clock LATER = at("2026-01-02T04:00:00Z");

  @Test
  void timeIsInWholeSeconds() {
    assertThat(booted(ConditionStatus.True, Reason.MachineRunning, "runs", FIRST))
        .extracting(Condition::getLastTransitionTime)
        .isEqualTo("2026-01-02T03:04:05Z");
  }

  @Test
  void transitionTimeIsKeptUnlessTheStatusFlips() {
    Conditions starting =
        set(Conditions.none(), ConditionStatus.False, Reason.MachineStarting, FIRST);
    Conditions failed = set(starting, ConditionStatus.False, Reason.MachineStartFailed, LATER);
    Conditions running = set(failed, ConditionStatus.True, Reason.MachineRunning, LATER);

    assertThat(time(failed)).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(failed.find(ConditionType.Booted).orElseThrow().getReason())
        .isEqualTo("MachineStartFailed");
    assertThat(time(running)).isEqualTo("2026-01-02T04:00:00Z");
  }

  @Test
  void settingTheSameAgainLaterIsEqual() {
    Conditions once = set(Conditions.none(), ConditionStatus.True, Reason.MachineRunning, FIRST);
    Conditions twice = set(once, ConditionStatus.True, Reason.MachineRunning, LATER);
    Conditions otherGeneration =
        once.with(ConditionType.Booted, ConditionStatus.True, Reason.MachineRunning, "m", 8, LATER);

    assertThat(twice).isEqualTo(once);
    assertThat(otherGeneration).isNotEqualTo(once);
    assertThat(once.isTrue(ConditionType.Booted, 7)).isTrue();
    assertThat(otherGeneration.isTrue(ConditionType.Booted, 7)).isFalse();
  }

  @Test
  void equalityDoesNotDependOnTheOrderThatTheServerSends() {
    Condition ready = foreign("Ready");
    Condition booted = foreign("Booted");
    Condition unknown = foreign("Other");

    assertThat(Conditions.of(List.of(unknown, ready, booted)))
        .isEqualTo(Conditions.of(List.of(booted, ready, unknown)));
    assertThat(Conditions.of(List.of(unknown, ready, booted)).all())
        .extracting(Condition::getType)
        .containsExactly("Booted", "Ready", "Other");
  }

  @Test
  void laterChangesOfTheArgumentDoNotReachTheValue() {
    Condition mutable = foreign("Ready");
    Conditions conditions = Conditions.of(List.of(mutable));
    mutable.setStatus("False");

    assertThat(conditions.isTrue(ConditionType.Ready)).isTrue();
  }

  @Test
  void ownedIsWhatOneManagerSends() {
    Conditions conditions =
        set(
            Conditions.of(List.of(foreign("Ready"))),
            ConditionStatus.True,
            Reason.MachineRunning,
            FIRST);

    assertThat(conditions.owned(Set.of(ConditionType.Booted)))
        .extracting(Condition::getType)
        .containsExactly("Booted");
  }

  @Test
  void absentIsNeitherTrueNorFalse() {
    Conditions none = Conditions.of(null);

    assertThat(none.find(ConditionType.Ready)).isEmpty();
    assertThat(none.isTrue(ConditionType.Ready)).isFalse();
    assertThat(none.isFalse(ConditionType.Ready)).isFalse();
    assertThat(Conditions.of(List.of(foreign("Ready"))).without(ConditionType.Ready))
        .isEqualTo(Conditions.none());
  }

  @Test
  void aDaemonCannotFillEtcdThroughAMessage() {
    assertThat(
            booted(ConditionStatus.False, Reason.MachineStartFailed, "x".repeat(100_000), FIRST)
                .getMessage())
        .hasSize(Conditions.MAX_MESSAGE_CHARACTERS)
        .endsWith("…");
  }

  private static Condition booted(
      ConditionStatus status, Reason reason, String message, Clock clock) {
    return Conditions.none()
        .with(ConditionType.Booted, status, reason, message, 7, clock)
        .find(ConditionType.Booted)
        .orElseThrow();
  }

  private static Conditions set(
      Conditions conditions, ConditionStatus status, Reason reason, Clock clock) {
    return conditions.with(ConditionType.Booted, status, reason, "m", 7, clock);
  }

  private static String time(Conditions conditions) {
    return conditions.find(ConditionType.Booted).orElseThrow().getLastTransitionTime();
  }

  private static Condition foreign(String type) {
    return new ConditionBuilder()
        .withType(type)
        .withStatus("True")
        .withReason("R")
        .withMessage("")
        .withLastTransitionTime("2026-01-01T00:00:00Z")
        .withObservedGeneration(1L)
        .build();
  }

  private static Clock at(String instant) {
    return Clock.fixed(Instant.parse(instant), ZoneOffset.UTC);
  }
}
