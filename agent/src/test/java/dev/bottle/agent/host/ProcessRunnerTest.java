package dev.bottle.agent.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessRunnerTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);
  private static final Map<String, String> PATH = Map.of("PATH", "/usr/bin:/bin");

  @TempDir Path temp;
  private final ProcessRunner runner = new ProcessRunner();

  private static Command shell(Duration deadline, String script) {
    return Command.of(deadline, PATH, List.of("sh", "-c", script));
  }

  @Test
  void givesOutputErrorsAndTheExitCode() throws Exception {
    CommandResult result =
        runner.run(shell(PATIENT, "echo out; echo first >&2; echo last >&2; exit 7"));
    assertThat(result).isEqualTo(new CommandResult(7, "out\n", "first\nlast\n"));
    assertThat(result.complaint()).isEqualTo("last");
    assertThat(result.succeeded()).isFalse();
  }

  @Test
  void inheritsNothing() throws Exception {
    CommandResult result =
        runner.run(Command.of(PATIENT, Map.of("ONLY", "this"), List.of("/usr/bin/env")));
    assertThat(result.stdout()).isEqualTo("ONLY=this\n");
  }

  @Test
  void standardInputReachesTheProgramToItsEnd() throws Exception {
    byte[] large = "x".repeat(300_000).getBytes(UTF_8);
    CommandResult result = runner.run(shell(PATIENT, "wc -c").withInput(out -> out.write(large)));
    assertThat(result.stdout().strip()).isEqualTo("300000");
  }

  @Test
  void aProgramThatReadsNothingIsNoError() throws Exception {
    CommandResult result =
        runner.run(shell(PATIENT, "exit 0").withInput(out -> out.write(new byte[1 << 20])));
    assertThat(result.succeeded()).isTrue();
  }

  @Test
  void outputIsCapped() throws Exception {
    CommandResult result = runner.run(shell(PATIENT, "head -c 9000000 /dev/zero | tr '\\0' x"));
    assertThat(result.stdout()).hasSize(4 << 20);
    assertThat(result.succeeded()).isTrue();
  }

  @Test
  void theDeadlineInterruptsTheWholeFamily() throws Exception {
    Path child = temp.resolve("child");
    Path interrupted = temp.resolve("interrupted");
    String script =
        "trap 'touch " + interrupted + "; exit 3' INT; sleep 300 & echo $! > " + child + "; wait";
    assertThatThrownBy(() -> runner.run(shell(Duration.ofSeconds(1), script)))
        .isInstanceOf(CommandTimeoutException.class)
        .hasMessage("sh did not end within 1 s");
    assertThat(interrupted).exists();
    long pid = Long.parseLong(Files.readString(child).strip());
    await().until(() -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
  }

  @Test
  void whatIgnoresTheInterruptIsKilled() {
    assertThatThrownBy(() ->
            runner.run(shell(Duration.ofMillis(500), "trap '' INT; while :; do sleep 1; done")))
        .isInstanceOf(CommandTimeoutException.class);
  }

  @Test
  void aMissingProgramIsAnErrorWithoutItsArguments() {
    assertThatThrownBy(() -> runner.run(Command.of(PATIENT, PATH, List.of("/no/such", "secret"))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/no/such")
        .message()
        .doesNotContain("secret");
  }

  @Test
  void aStartedProgramCanBeKilledTwice() throws Exception {
    RunningCommand command = runner.start(shell(PATIENT, "cat"));
    command.stdin().write("hello\n".getBytes(UTF_8));
    command.stdin().flush();
    assertThat(new String(command.stdout().readNBytes(6), UTF_8)).isEqualTo("hello\n");
    command.kill();
    command.kill();
    assertThat(command.await()).isNotZero();
  }

  @Test
  void aComplaintIsOneCleanShortLine() {
    assertThat(new CommandResult(1, "", "a\n\n  \u001b[31mred\u0007\r  \n\n").complaint())
        .isEqualTo("?[31mred?");
    assertThat(new CommandResult(1, "", "y".repeat(100_000)).complaint()).hasSizeLessThan(1100);
    assertThat(new CommandResult(9, "", " \n").complaint()).isEqualTo("exit code 9");
  }

  @Test
  void hostCommandsEnterTheHostsNamespacesButNotItsPidNamespace() throws Exception {
    RecordingRunner recording = new RecordingRunner();
    var _ = new HostCommand(recording, HostNamespaces.NSENTER, 42).run(shell(PATIENT, "true"));
    var _ = new HostCommand(recording, HostNamespaces.NONE, 42).run(shell(PATIENT, "true"));
    assertThat(recording.argv)
        .containsExactly(
            List.of("nsenter", "-t", "42", "-m", "-n", "-u", "-i", "--", "sh", "-c", "true"),
            List.of("sh", "-c", "true"));
  }

  private static final class RecordingRunner implements CommandRunner {
    private final List<List<String>> argv = new java.util.ArrayList<>();

    @Override
    public CommandResult run(Command command) {
      argv.add(command.argv());
      return new CommandResult(0, "", "");
    }

    @Override
    public RunningCommand start(Command command) throws IOException {
      throw new IOException("not used");
    }
  }
}
