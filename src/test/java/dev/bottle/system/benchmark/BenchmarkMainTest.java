package dev.bottle.system.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchmarkMainTest {
  private static final int MINUTES = 5;

  /** The real egress, a little of everything: every figure has a value for it. */
  @Test
  void aSmallRunMeasuresEverything(@TempDir Path home) throws Exception {
    Path document = home.resolve("figures.json");
    Path log = home.resolve("log");
    Process benchmark =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                BenchmarkMain.class.getName(),
                "--smoke",
                "--daemons",
                System.getProperty("java.class.path"),
                "--sources",
                Path.of("../bundle/src/main/java").toAbsolutePath().toString(),
                "--json",
                document.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(benchmark.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
      assertThat(benchmark.exitValue()).as(Files.readString(log)).isZero();
    } finally {
      benchmark.destroy();
    }

    JsonNode figures = new ObjectMapper().readTree(Files.readAllBytes(document)).get("figures");
    assertThat(figures).hasSizeGreaterThan(15);
    assertThat(figures).allMatch(figure -> figure.get("values").has(Suite.EGRESS));
  }
}
