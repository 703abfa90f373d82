package dev.bottle.bundle.gitgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.gitgate.program.Workshop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process itself: signals and exit codes; and the rules that it comes with. */
class GitGateMainTest {
  @TempDir private Path home;

  @Test
  void sigtermEndsItWithExitCode0() throws Exception {
    Process gate = start(home.resolve("git.sock"));
    try {
      await().until(() -> Files.readString(home.resolve("out")).contains("git-gate listens"));

      gate.destroy(); // SIGTERM

      assertThat(gate.waitFor(10, TimeUnit.SECONDS)).as("ended").isTrue();
      assertThat(gate.exitValue()).isZero();
    } finally {
      gate.destroyForcibly();
    }
  }

  @Test
  void whatCannotBeBoundIsOneLineAndExit1() throws Exception {
    Process gate = start(home.resolve("nowhere/git.sock"));
    try {
      assertThat(gate.waitFor(30, TimeUnit.SECONDS)).as("ended").isTrue();
      assertThat(gate.exitValue()).isEqualTo(1);
      assertThat(Files.readAllLines(home.resolve("err")))
          .singleElement()
          .asString()
          .startsWith("git-gate: cannot listen on " + home.resolve("nowhere/git.sock"));
    } finally {
      gate.destroyForcibly();
    }
  }

  @Test
  void noRuleLeavesOutAPath() throws IOException {
    Workshop workshop = Workshop.in(home.resolve("private"), 1);
    String rules = Files.readString(workshop.rules(), StandardCharsets.UTF_8);

    assertThat(rules.lines().filter(line -> line.startsWith("[[rules]]"))).hasSize(223);
    assertThat(rules.lines().filter(line -> line.startsWith("paths"))).isEmpty();
  }

  private Process start(Path door) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx64m", "-Xss256k", "-XX:+UseSerialGC"));
    command.addAll(List.of("-Dlogback.configurationFile=logback.xml", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(GitGateMain.class.getName());
    command.addAll(List.of("--policy", home.resolve("policy.json").toString()));
    command.addAll(List.of("--credentials", home.resolve("credentials").toString()));
    command.addAll(List.of("--repositories", home.resolve("repositories").toString()));
    command.addAll(List.of("--private", home.resolve("private").toString()));
    command.addAll(List.of("--door", door.toString()));
    command.addAll(List.of("--control", home.resolve("control.sock").toString()));
    return new ProcessBuilder(command)
        .redirectOutput(home.resolve("out").toFile())
        .redirectError(home.resolve("err").toFile())
        .start();
  }
}
