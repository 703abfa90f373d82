package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FirstWordsTest {
  private final FirstWords words = new FirstWords();

  private boolean hold(String id, String hash) {
    return words.hold(id, hash, "kept"::equals);
  }

  @Test
  void anotherHashClosesAnIdForGood() {
    assertThat(hold("one", "a")).isTrue();
    assertThat(hold("one", "a")).isTrue();
    assertThat(hold("one", "b")).isFalse();
    assertThat(hold("one", "b")).isFalse();
    assertThat(hold("one", "a")).isFalse();
    assertThat(hold("two", "b")).isTrue();
  }

  @Test
  void theOldestAreForgottenButNotWhatIsKept() {
    hold("kept", "a");
    hold("old", "a");
    for (int i = 0; i < 2_000; i++) {
      hold("r" + i, "a");
    }
    assertThat(hold("r1999", "b")).isFalse();
    assertThat(hold("kept", "b")).isFalse();
    assertThat(hold("kept", "a")).isFalse();
    assertThat(hold("old", "b")).as("forgotten").isTrue();
  }
}
