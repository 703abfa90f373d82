package dev.bottle.crd.condition;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The conditions of one Bottle as an immutable value, in the order of {@link ConditionType} (types
 * that this version does not know come last). Two values are equal when every field of every
 * condition is, so equality says whether a write would change anything.
 *
 * <p>The rules are those of KEP-1623: one condition a type, and lastTransitionTime changes only
 * when the status does.
 */
public record Conditions(List<Condition> all) {
  /** Longer messages are cut, so that no daemon can fill etcd through a status. */
  static final int MAX_MESSAGE_CHARACTERS = 4096;

  private static final List<String> TYPES =
      Arrays.stream(ConditionType.values()).map(ConditionType::name).toList();

  private static final Comparator<Condition> ORDER =
      Comparator.<Condition>comparingInt(condition -> position(condition.getType()))
          .thenComparing(Condition::getType);

  /** Copies and sorts; the argument stays the caller's. */
  public Conditions {
    all =
        all.stream()
            .map(condition -> new ConditionBuilder(condition).build())
            .sorted(ORDER)
            .toList();
  }

  /** The conditions of a status; {@code null}, as an object without status has it, is none. */
  public static Conditions of(@Nullable List<Condition> conditions) {
    return new Conditions(conditions == null ? List.of() : conditions);
  }

  /** No condition. */
  public static Conditions none() {
    return new Conditions(List.of());
  }

  /**
   * These conditions with that one set.
   *
   * @param generation the Bottle's generation that this was concluded from
   * @param clock read only when the status differs from the former one
   */
  public Conditions with(
      ConditionType type,
      ConditionStatus status,
      Reason reason,
      String message,
      long generation,
      Clock clock) {
    String since =
        find(type)
            .filter(former -> status.name().equals(former.getStatus()))
            .map(Condition::getLastTransitionTime)
            .orElseGet(() -> clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
    List<Condition> changed = new ArrayList<>(without(type).all);
    changed.add(
        new ConditionBuilder()
            .withType(type.name())
            .withStatus(status.name())
            .withReason(reason.name())
            .withMessage(cut(message))
            .withObservedGeneration(generation)
            .withLastTransitionTime(since)
            .build());
    return new Conditions(changed);
  }

  /** These conditions without that type, for a condition that no longer applies. */
  public Conditions without(ConditionType type) {
    return new Conditions(
        all.stream().filter(condition -> !type.name().equals(condition.getType())).toList());
  }

  /** The condition of this type. */
  public Optional<Condition> find(ConditionType type) {
    return all.stream().filter(condition -> type.name().equals(condition.getType())).findFirst();
  }

  /** Whether the condition exists with status True. */
  public boolean isTrue(ConditionType type) {
    return has(type, ConditionStatus.True);
  }

  /** Whether the condition exists with status False. */
  public boolean isFalse(ConditionType type) {
    return has(type, ConditionStatus.False);
  }

  /** Whether the condition exists with status True and was concluded from this generation. */
  public boolean isTrue(ConditionType type, long generation) {
    return isTrue(type)
        && find(type)
            .map(Condition::getObservedGeneration)
            .filter(observed -> observed == generation)
            .isPresent();
  }

  /**
   * The conditions of these types only: what one field manager sends by server-side apply, which
   * takes away whatever its manager no longer sends.
   */
  public List<Condition> owned(Set<ConditionType> types) {
    return all.stream()
        .filter(
            condition -> types.stream().anyMatch(type -> type.name().equals(condition.getType())))
        .toList();
  }

  private boolean has(ConditionType type, ConditionStatus status) {
    return find(type).filter(found -> status.name().equals(found.getStatus())).isPresent();
  }

  private static String cut(String message) {
    return message.length() <= MAX_MESSAGE_CHARACTERS
        ? message
        : message.substring(0, MAX_MESSAGE_CHARACTERS - 1) + "…";
  }

  private static int position(@Nullable String type) {
    int found = TYPES.indexOf(type);
    return found < 0 ? TYPES.size() : found;
  }
}
