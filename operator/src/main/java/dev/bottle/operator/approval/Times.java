package dev.bottle.operator.approval;

import dev.bottle.crd.api.BottleApproval;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Times that others wrote. None of them is reckoned with before it is known to have been. */
final class Times {
  /** How far the clocks of two operators may be apart. */
  private static final Duration SKEW = Duration.ofSeconds(60);

  private static final String DECISION = "f:decision";

  private Times() {}

  /**
   * When the decision was made: as the API server dates the one who owns it (metadata.managedFields
   * in docs/adr/0093), or now when it does not say. Never later than now.
   *
   * @return in whole seconds
   */
  static Instant decided(BottleApproval approval, Instant now) {
    return approval.getMetadata().getManagedFields().stream()
        .filter(Times::ownsDecision)
        .flatMap(entry -> parse(entry.getTime()).stream())
        .min(Comparator.naturalOrder())
        .filter(at -> at.isBefore(now))
        .orElse(now)
        .truncatedTo(ChronoUnit.SECONDS);
  }

  /** A recorded time; empty when it is none, or one that has not been. */
  static Optional<Instant> recorded(@Nullable String time, Instant now) {
    return parse(time).filter(at -> !at.isAfter(now.plus(SKEW)));
  }

  static Optional<Instant> parse(@Nullable String time) {
    try {
      return Optional.ofNullable(time).map(Instant::parse);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static boolean ownsDecision(ManagedFieldsEntry entry) {
    return entry.getFieldsV1() != null
        && entry.getFieldsV1().getAdditionalProperties().containsKey(DECISION);
  }
}
