package dev.bottle.bundle.egress.inspection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RuleFileTest {
  @Test
  void everyRuleHasItsOwnNameAndAKeywordThatIsSearchedForPlainly() {
    List<Rule> rules = RuleFile.read();

    assertThat(rules).hasSizeGreaterThan(80).extracting(Rule::name).doesNotHaveDuplicates();
    assertThat(rules)
        .allSatisfy(rule -> {
          assertThat(rule.keyword()).hasSizeGreaterThanOrEqualTo(3).matches("[!-~ ]+");
          assertThat(rule.maxLength()).isLessThanOrEqualTo(Needle.MAX_LENGTH);
        });
  }

  @Test
  void aBech32ChecksumIsThatOfBip173() {
    // A valid string of BIP-173 itself.
    assertThat(Check.Bech32.accepts("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw")).isTrue();
    assertThat(Check.Bech32.accepts("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxx")).isFalse();
  }
}
