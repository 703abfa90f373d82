package dev.bottle.system.adversarial;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** {@code docs/adversarial.md}: each case, where it is tried, and what became of it. */
final class AdversarialPage {
  private static final String HEAD =
      """
      # What an agent that wants out tries

      Generated from a run of the [adversarial suite](../src/test/java/dev/bottle/system/adversarial/); `mvn verify` runs it
      again and fails when a verdict is another than here. To write the page anew: `mvn verify -DskipITs
      -Dtest=AdversarialTest -Dsurefire.failIfNoSpecifiedTests=false -Dbottle.adversarial.write=true`.

      Numbers are those of the list that this project was built from. Levels:

      - **bundle**: the real tls-init and egress as processes, in a network namespace whose every address and name is a sink
        that writes down each byte. *held* means: no sink saw what it must not, and the node agent was told of the denial;
        where nothing is denied (5xx, or what goes on without what it carried), the answer or the sink says so. After each
        case an allowed request must arrive.
      - **unit** and **whole Bottle**: the named tests, which run in the same build (`*IT` with a cluster).
      - **Bottle**: the [last part](#in-the-guest), of a run of its own.

      """;

  /** Where the part begins that is generated from the run in a guest. */
  private static final String GUEST = "\n## In the guest\n";

  private static final String GUEST_HEAD =
      GUEST
          + """

          Generated from `AdversarialIT`, which `mvn verify` runs, too (to write: `-Dit.test=AdversarialIT
          -Dbottle.adversarial.write=true`): one Bottle of the local cluster, from apply to `Ready`; its attacks are bytes
          that a program in the guest sends, through the guest's relay and the mounted socket. What its Pod dials ends at a sink
          whatever the address, but this machine's own, and so does every name that it asks for. *held* means: no sink saw what it
          must not, and egress' log, which the status counts, has the denial. Where no network card is the wall, nobody is there
          to deny: the kernel's refusal at once is the record. The same packets sent by this machine reach the sinks before they
          are tried in the guest, and port 9099 answers in the Pod before it is refused in the guest.

          """;

  private AdversarialPage() {}

  /** The first part, its rows sorted by number, and in each number as they were run. */
  static String of(List<Verdict> verdicts) {
    return HEAD + tables(verdicts);
  }

  /** The last part, in the same way. */
  static String ofTheGuest(List<Verdict> verdicts) {
    return GUEST_HEAD + tables(verdicts);
  }

  /** A page's first part. */
  static String first(String page) {
    return page.substring(0, end(page));
  }

  /** A page's last part, empty when it has none yet. */
  static String ofTheGuest(String page) {
    return page.substring(end(page));
  }

  private static int end(String page) {
    int at = page.indexOf(GUEST);
    return at < 0 ? page.length() : at;
  }

  private static String tables(List<Verdict> verdicts) {
    StringBuilder page = new StringBuilder();
    Map<String, Long> counts =
        verdicts.stream()
            .collect(
                Collectors.groupingBy(
                    AdversarialPage::summary, TreeMap::new, Collectors.counting()));
    page.append("| level | verdict | cases |\n|---|---|---|\n");
    counts.forEach((summary, count) -> page.append("| " + summary + " | " + count + " |\n"));
    page.append("\n| case | tried | level | verdict |\n|---|---|---|---|\n");
    verdicts.stream()
        .sorted(Comparator.comparingInt(verdict -> verdict.tried().number()))
        .forEach(verdict ->
            page.append(
                "| %d | %s | %s | %s |\n"
                    .formatted(
                        verdict.tried().number(),
                        cell(verdict.tried().tried()),
                        verdict.level(),
                        cell(verdict.words()))));
    return page.toString();
  }

  private static String summary(Verdict verdict) {
    return switch (verdict.tried()) {
      case Case.Tried _ -> verdict.level() + " | " + verdict.words();
      case Case.Gap _ -> verdict.level() + " | " + (verdict.holds() ? "known gap" : "FAILED");
      case Case.Elsewhere _ -> verdict.level() + " | named tests";
    };
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }
}
