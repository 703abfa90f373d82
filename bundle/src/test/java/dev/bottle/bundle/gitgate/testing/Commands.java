package dev.bottle.bundle.gitgate.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** Runs programs that a test needs, in one directory, with git's configuration of nobody. */
public final class Commands {
  private final Path directory;
  private final Map<String, String> environment;

  /** In this directory. */
  public Commands(Path directory, Map<String, String> environment) {
    this.directory = directory;
    this.environment = environment;
  }

  /**
   * How it ended.
   *
   * @param output standard output and error
   */
  public record Ended(int exit, String output) {}

  /** Runs to the end, whatever that is. */
  public Ended attempt(String... command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().putAll(environment);
    builder.environment().put("GIT_CONFIG_NOSYSTEM", "1");
    builder.environment().put("GIT_CONFIG_GLOBAL", "/dev/null");
    builder.environment().put("GIT_TERMINAL_PROMPT", "0");
    builder.environment().put("LC_ALL", "C");
    Process process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), output);
  }

  /** Runs to a good end; its output without the last line feed. */
  public String run(String... command) throws IOException, InterruptedException {
    Ended ended = attempt(command);
    if (ended.exit() != 0) {
      throw new IllegalStateException(
          Arrays.toString(command) + " ended with " + ended.exit() + ": " + ended.output());
    }
    return ended.output().stripTrailing();
  }
}
