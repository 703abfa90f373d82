package dev.bottle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What we rely on in smolvm 1.32.2 holds on the real one, here or in an emulated node, and on the
 * stand-in that takes its place where no microVM boots.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConformanceIT {
  private static final Path PAGE = Path.of("docs/conformance.md");
  private static final int FEWEST = 80;

  private List<Verdict> standIn = List.of();
  private List<Verdict> real = List.of();

  @BeforeAll
  void run() throws IOException, InterruptedException {
    standIn = ConformanceRun.of(Candidate.STAND_IN);
    real = ConformanceRun.of(Candidate.REAL);
  }

  @Test
  void theStandInHoldsEveryCase() {
    assertThat(standIn).hasSizeGreaterThanOrEqualTo(FEWEST).allMatch(Verdict::passed);
  }

  @Test
  void theRealOneHoldsEveryCase() {
    assertThat(real).hasSizeGreaterThanOrEqualTo(FEWEST).allMatch(Verdict::passed);
  }

  @Test
  void thePageSaysWhatBothDid() throws IOException {
    String now = ConformancePage.of(standIn, real);
    if (Boolean.getBoolean("bottle.conformance.write")) {
      Files.writeString(PAGE, now);
    }
    assertThat(PAGE).content().isEqualTo(now);
  }
}
