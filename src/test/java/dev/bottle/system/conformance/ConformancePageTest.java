package dev.bottle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConformancePageTest {
  private static Verdict verdict(String name, String word) {
    return new Verdict(name, "§1", word, "", 1);
  }

  @Test
  void rowsAreSortedAndCarryBothVerdicts() {
    String page =
        ConformancePage.of(
            List.of(verdict("b", "pass"), verdict("a|c", "fail")),
            List.of(verdict("a|c", "pass"), verdict("b", "pass")));

    assertThat(page)
        .endsWith("|---|---|---|---|\n| a\\|c | §1 | fail | pass |\n| b | §1 | pass | pass |\n");
  }

  @Test
  void aCaseThatOnlyOneRanIsAbsentInTheOther() {
    assertThat(ConformancePage.of(List.of(verdict("a", "pass")), List.of()))
        .endsWith("| a | §1 | pass | absent |\n");
    assertThat(ConformancePage.of(List.of(), List.of(verdict("a", "pass"))))
        .endsWith("| a | §1 | absent | pass |\n");
  }

  @Test
  void aNameGivenTwiceIsRefused() {
    assertThatThrownBy(() ->
            ConformancePage.of(List.of(verdict("a", "pass"), verdict("a", "fail")), List.of()))
        .hasMessageContaining("two cases are called a");
  }
}
