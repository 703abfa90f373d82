package dev.bottle.system.conformance;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code docs/conformance.md}: each case, and what the stand-in and the real smolvm did with it.
 */
final class ConformancePage {
  private static final String HEAD =
      """
      # What smolvm does, and what the stand-in does

      Generated from a run of the [conformance suite](../src/conformance/) against both; where the two differ, the stand-in is
      wrong. `mvn verify` runs it again and fails when a verdict is another than here. To write the page anew:
      `mvn verify -Dit.test=ConformanceIT -Dbottle.conformance.write=true`.

      § is a paragraph of the smolvm reference that this project was built from, *facts* is [smolvm-facts.md](smolvm-facts.md).

      | case | states it | stand-in | real |
      |---|---|---|---|
      """;

  private ConformancePage() {}

  /** The page, its rows sorted by case, so that the order of a run does not show. */
  static String of(List<Verdict> standIn, List<Verdict> real) {
    Map<String, Verdict> ofStandIn = byName(standIn);
    Map<String, Verdict> ofReal = byName(real);
    var names = new TreeSet<>(ofStandIn.keySet());
    names.addAll(ofReal.keySet());
    var page = new StringBuilder(HEAD);
    for (String name : names) {
      Verdict either = ofStandIn.getOrDefault(name, ofReal.get(name));
      page.append(
          "| %s | %s | %s | %s |\n"
              .formatted(
                  name.replace("|", "\\|"),
                  either == null ? "" : either.section(),
                  word(ofStandIn.get(name)),
                  word(ofReal.get(name))));
    }
    return page.toString();
  }

  private static String word(@Nullable Verdict verdict) {
    return verdict == null ? "absent" : verdict.verdict();
  }

  private static Map<String, Verdict> byName(List<Verdict> verdicts) {
    return verdicts.stream()
        .collect(
            Collectors.toMap(
                Verdict::name,
                verdict -> verdict,
                (first, second) -> {
                  throw new IllegalArgumentException("two cases are called " + first.name());
                },
                TreeMap::new));
  }
}
