package dev.bottle.system.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AdversarialPageTest {
  private static final Attack ATTACK = _ -> "";
  private static final Check CHECK = _ -> {};

  @Test
  void rowsAreSortedByNumberAndOtherwiseStayAsTheyWereRun() {
    Case second = new Case.Tried(2, "a|b", ATTACK, CHECK);
    Case first = new Case.Tried(1, "z", ATTACK, CHECK);
    Case another = new Case.Tried(1, "a", ATTACK, CHECK);

    assertThat(
            AdversarialPage.of(
                List.of(
                    new Verdict(second, "bundle", "held", ""),
                    new Verdict(first, "bundle", "FAILED", "why"),
                    new Verdict(another, "bundle", "held", ""))))
        .endsWith(
            """
            | bundle | FAILED | 1 |
            | bundle | held | 2 |

            | case | tried | level | verdict |
            |---|---|---|---|
            | 1 | z | bundle | FAILED |
            | 1 | a | bundle | held |
            | 2 | a\\|b | bundle | held |
            """);
  }

  @Test
  void aGapThatIsMendedIsNoGapInTheSummary() {
    Case gap = new Case.Gap(1, "a", "b", ATTACK, CHECK);

    assertThat(AdversarialPage.of(List.of(new Verdict(gap, "bundle", "known gap: b", ""))))
        .contains("| bundle | known gap | 1 |");
    assertThat(AdversarialPage.of(List.of(new Verdict(gap, "bundle", "FAILED: ", "closed"))))
        .contains("| bundle | FAILED | 1 |");
  }
}
