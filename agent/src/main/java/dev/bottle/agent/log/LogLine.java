package dev.bottle.agent.log;

/**
 * One line.
 *
 * @param source {@code agent}, {@code console} or {@code workload}
 * @param line without its end; of any source but the agent it is a guest's, control characters
 *     included: whoever shows it cleans it
 */
public record LogLine(String source, String line) {
  /** What the agent itself has to say. */
  public static final String AGENT = "agent";
}
