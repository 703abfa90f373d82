package dev.bottle.agent.report;

/** Writes the agent-owned part of a status. */
@FunctionalInterface
public interface StatusWriter {
  /**
   * Writes all of it.
   *
   * @throws BottleGoneException when that Bottle does not exist any more
   * @throws RuntimeException of the client, when it is worth trying again
   */
  void write(BottleRef bottle, AgentStatus status) throws BottleGoneException;
}
