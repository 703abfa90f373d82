package dev.bottle.agent.host;

/**
 * How a program ended. Output beyond the runner's cap is dropped. A non-empty standard error is no
 * failure: smolvm logs warnings there.
 */
public record CommandResult(int exitCode, String stdout, String stderr) {
  /** Whether the exit code is 0. */
  public boolean succeeded() {
    return exitCode == 0;
  }

  /** The last line of standard error that says something, for messages. */
  public String complaint() {
    return stderr
        .strip()
        .lines()
        .filter(line -> !line.isBlank())
        .reduce((first, second) -> second)
        .map(String::strip)
        .orElse("exit code " + exitCode);
  }
}
