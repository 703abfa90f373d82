package dev.bottle.crd.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CrdTest {
  private static final Path CHECKED_IN = Path.of("../deploy/base/crd/bottles.bottle.dev.yaml");

  @Test
  void theCheckedInCrdIsTheGeneratedOne() throws IOException {
    assertThat(Files.readString(CHECKED_IN))
        .as("%s is stale; regenerate: mvn -pl crd test-compile exec:exec@crd", CHECKED_IN)
        .isEqualTo(CrdGenerator.generate());
  }
}
