package dev.bottle.system.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Nothing gets out but what the page names as a gap, and the page says what is. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdversarialTest {
  static final Path PAGE = Repository.root().resolve("docs/adversarial.md");
  private static final int LAST = 50;

  private List<Verdict> verdicts = List.of();

  @BeforeAll
  void run(@TempDir Path home) throws IOException, InterruptedException {
    verdicts = Suite.run(home);
  }

  Stream<Verdict> verdicts() {
    return verdicts.stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("verdicts")
  void aCaseHolds(Verdict verdict) {
    assertThat(verdict.fault()).as(verdict.toString()).isEmpty();
  }

  @Test
  void everyNumberOfTheListHasACase() {
    assertThat(verdicts.stream().map(verdict -> verdict.tried().number()).distinct())
        .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, LAST).boxed().toList());
  }

  @Test
  void noTwoCasesAreCalledTheSame() {
    assertThat(verdicts.stream().map(Verdict::toString)).doesNotHaveDuplicates();
  }

  @Test
  void thePageSaysWhatBecameOfThem() throws IOException {
    String page = Files.readString(PAGE);
    String now = AdversarialPage.of(verdicts);
    if (Boolean.getBoolean("bottle.adversarial.write")) {
      Files.writeString(PAGE, now + AdversarialPage.ofTheGuest(page));
    }
    assertThat(AdversarialPage.first(Files.readString(PAGE))).isEqualTo(now);
  }
}
