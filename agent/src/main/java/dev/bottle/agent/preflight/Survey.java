package dev.bottle.agent.preflight;

/** Gathers the facts of the node. */
@FunctionalInterface
public interface Survey {
  /** Asks everything anew. */
  NodeFacts gather() throws InterruptedException;
}
