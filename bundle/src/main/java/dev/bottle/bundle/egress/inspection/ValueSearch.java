package dev.bottle.bundle.egress.inspection;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Searches for exact values, in every spelling that the inspection knows and without escapes.
 * Immutable.
 */
public final class ValueSearch {
  private final @Nullable Needles needles;

  private ValueSearch(@Nullable Needles needles) {
    this.needles = needles;
  }

  /**
   * For these values; one that is too short to be told from ordinary text is left out.
   *
   * @param values US-ASCII, by the name of the rule that each is found by
   */
  public static ValueSearch of(Map<String, List<String>> values) {
    List<Rule> rules = new ArrayList<>();
    values.forEach((name, all) ->
        all.stream()
            .filter(value -> value.length() >= Rule.Value.MIN_LENGTH)
            .forEach(value -> rules.add(new Rule.Value(name, Finding.Kind.OWN_TOKEN, value))));
    return new ValueSearch(rules.isEmpty() ? null : Needles.of(rules));
  }

  /** Begins with another stream. */
  public Run begin() {
    return new Run(needles);
  }

  /** The search of one stream. */
  public static final class Run {
    private final @Nullable StreamScanner scanner;

    private Run(@Nullable Needles needles) {
      scanner = needles == null ? null : new StreamScanner(needles);
    }

    /**
     * The next part of the stream.
     *
     * @param last whether it ends here
     * @return the name of a rule whose value was found
     */
    public Optional<String> next(byte[] part, boolean last) {
      return scanner == null
          ? Optional.empty()
          : scanner.next(part, last).stream().map(Finding::rule).findFirst();
    }
  }
}
