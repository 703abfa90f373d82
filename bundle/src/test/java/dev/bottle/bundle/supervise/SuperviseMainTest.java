package dev.bottle.bundle.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process itself: signals, exit codes, and what it logs. */
class SuperviseMainTest {
  @TempDir private Path home;

  @Test
  void sigtermEndsItWithExitCode0AndNothingOfTheGuestsIsInItsLog() throws Exception {
    Process supervise = start(home.resolve("door.sock"));
    try {
      await().until(() -> Files.readString(home.resolve("out")).contains("supervise listens"));
      McpGuest guest = new McpGuest(home.resolve("door.sock"));
      assertThat(
              guest
                  .tool(
                      "ask_human",
                      "{\"question\":\"MARK \\u001b[31m\\u202e\",\"reason\":\"\\u0007\"}")
                  .at("/structuredContent/state")
                  .asText())
          .isEqualTo("pending");
      assertThat(guest.post("{\"MARK\u001b[31m")).startsWith("HTTP/1.1 400 ");
      try (ControlClient agent = new ControlClient(home.resolve("control.sock"))) {
        agent.say("MARK\u001b[31m\n");
        await().until(agent::hasEnded);
      }
      await().until(() -> Files.readString(home.resolve("out")).contains("is not understood"));

      supervise.destroy(); // SIGTERM

      assertThat(supervise.waitFor(10, TimeUnit.SECONDS)).as("ended").isTrue();
      assertThat(supervise.exitValue()).isZero();
      assertThat(Files.readAllLines(home.resolve("out")))
          .allSatisfy(
              line -> assertThat(line).doesNotContainPattern("[\\p{C}\\p{Zl}\\p{Zp}]|MARK"));
    } finally {
      supervise.destroyForcibly();
    }
  }

  @Test
  void whatCannotBeBoundIsOneLineAndExit1() throws Exception {
    Process supervise = start(home.resolve("nowhere/door.sock"));
    try {
      assertThat(supervise.waitFor(30, TimeUnit.SECONDS)).as("ended").isTrue();
      assertThat(supervise.exitValue()).isEqualTo(1);
      assertThat(Files.readAllLines(home.resolve("err")))
          .singleElement()
          .asString()
          .startsWith("supervise: cannot listen on " + home.resolve("nowhere/door.sock"));
    } finally {
      supervise.destroyForcibly();
    }
  }

  private Process start(Path door) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx48m", "-Xss256k", "-XX:+UseSerialGC"));
    command.addAll(List.of("-Dlogback.configurationFile=logback.xml", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(SuperviseMain.class.getName());
    command.addAll(List.of("--policy", home.resolve("policy.json").toString()));
    command.addAll(List.of("--queue", home.resolve("queue").toString()));
    command.addAll(List.of("--door", door.toString()));
    command.addAll(List.of("--control", home.resolve("control.sock").toString()));
    return new ProcessBuilder(command)
        .redirectOutput(home.resolve("out").toFile())
        .redirectError(home.resolve("err").toFile())
        .start();
  }
}
