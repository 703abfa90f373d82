package dev.bottle.system.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each file of wrong-bottles/ has one mistake, and in its {@code # expect:} lines what the refusal
 * must say: the field and the remedy.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WrongBottlesIT {
  private static final Path FOLDER = Path.of("src/test/resources/wrong-bottles");
  private static final String EXPECT = "# expect: ";

  private ApiServer server;

  @BeforeAll
  void start() {
    server = new ApiServer("wrong");
  }

  @AfterAll
  void stop() {
    server.close();
  }

  static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void applyIsRefusedWithFieldAndRemedy(Path file) throws IOException {
    List<String> expected =
        Files.readAllLines(file).stream()
            .filter(line -> line.startsWith(EXPECT))
            .map(line -> line.substring(EXPECT.length()))
            .toList();
    assertThat(expected).as("%s of %s", EXPECT, file).isNotEmpty();

    var applied = server.kubectl("apply", "-f", file.toAbsolutePath().toString());

    assertThat(applied.exitCode()).as(applied.output()).isNotZero();
    assertThat(applied.errors()).contains(expected);
    assertThat(server.kubectl("get", "bottles.bottle.dev", "-o", "name").orThrow()).isEmpty();
  }

  @Test
  void thereAreTwentyOrMore() throws IOException {
    assertThat(files()).hasSizeGreaterThanOrEqualTo(20);
  }

  @Test
  void whatIsNotWrongIsAccepted() {
    // The ground on which the mistakes are made; a dry run, so that no operator acts on it.
    server
        .kubectlWith(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: right}
            spec:
              image: example.org/agent:1
              egress: {allow: [example.org, "*.example.org"]}
            """,
            "apply",
            "--dry-run=server",
            "-f",
            "-")
        .orThrow();
  }
}
