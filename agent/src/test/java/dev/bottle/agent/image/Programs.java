package dev.bottle.agent.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The programs that these tests run for real. */
final class Programs {
  private static final Path CRANE = Path.of("target/crane").toAbsolutePath();

  private Programs() {}

  /** What the agent runs; the build made it. */
  static Path bottleImage() {
    Path program = Path.of("target/bottle-image").toAbsolutePath();
    assertThat(program).as("mvn compile builds it").isExecutable();
    return program;
  }

  /** A registry, and what pushes to it; from the module of the local cluster. */
  static synchronized Path crane() throws IOException, InterruptedException {
    run(
        Path.of("../deploy/local/tools"),
        Map.of("CGO_ENABLED", "0", "GOWORK", "off"),
        List.of(
            "go",
            "build",
            "-buildvcs=false",
            "-o",
            CRANE.toString(),
            "github.com/google/go-containerregistry/cmd/crane"));
    return CRANE;
  }

  /** Its output; it must succeed. */
  static String run(Path directory, Map<String, String> environment, List<String> argv)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(argv).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor(300, TimeUnit.SECONDS)).as("%s ends", argv).isTrue();
    assertThat(process.exitValue()).as("%s: %s", argv, output).isZero();
    return output;
  }
}
