package dev.bottle.system.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs a program the way a person would, and keeps what it printed.
 *
 * @param environment added to the test's
 * @param deadline after which a program is killed and the test fails
 */
public record Shell(Map<String, String> environment, Duration deadline) {
  /** A shell with the deadline that most programs keep. */
  public Shell(Map<String, String> environment) {
    this(environment, Duration.ofMinutes(3));
  }

  /** What a program left: its exit code, and its output as text. */
  public record Result(int exitCode, String output, String errors) {
    /** The output of a program that must have succeeded. */
    public String orThrow() {
      if (exitCode != 0) {
        throw new AssertionError("exit " + exitCode + "\n" + output + errors);
      }
      return output;
    }
  }

  /** Runs it without input. */
  public Result run(String... command) {
    return runWithInput("", command);
  }

  /** Runs it with this text on its standard input. */
  public Result runWithInput(String input, String... command) {
    try {
      // Files, not pipes: a program that leaves a child behind must not keep the test waiting.
      Path output = Files.createTempFile("bottle-", ".out");
      Path errors = Files.createTempFile("bottle-", ".err");
      try {
        var builder =
            new ProcessBuilder(List.of(command))
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try (var stdin = process.getOutputStream()) {
          stdin.write(input.getBytes(StandardCharsets.UTF_8));
        }
        if (!process.waitFor(deadline.toSeconds(), TimeUnit.SECONDS)) {
          process.destroyForcibly();
          throw new AssertionError("no end after " + deadline + ": " + String.join(" ", command));
        }
        return new Result(process.exitValue(), Files.readString(output), Files.readString(errors));
      } finally {
        Files.delete(output);
        Files.delete(errors);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
