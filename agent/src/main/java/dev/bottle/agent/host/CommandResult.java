package dev.bottle.agent.host;

/**
 * How a program ended. Output beyond the runner's cap is dropped. A non-empty standard error is no
 * failure: smolvm logs warnings there.
 */
public record CommandResult(int exitCode, String stdout, String stderr) {
  private static final int MAX_COMPLAINT = 1000;

  /** Whether the exit code is 0. */
  public boolean succeeded() {
    return exitCode == 0;
  }

  /**
   * The last line of standard error that says something, for messages. Part of it may come from a
   * guest or a registry: control characters are replaced, and it is cut.
   */
  public String complaint() {
    return stderr
        .strip()
        .lines()
        .filter(line -> !line.isBlank())
        .reduce((first, second) -> second)
        .map(line -> line.strip().replaceAll("\\p{Cntrl}", "?"))
        .map(line -> line.length() <= MAX_COMPLAINT ? line : line.substring(0, MAX_COMPLAINT) + "…")
        .orElse("exit code " + exitCode);
  }
}
