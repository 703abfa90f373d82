package dev.bottle.agent.preflight;

/** What was asked of the node, or why it gave no answer. */
public sealed interface Answer<T> {
  /** It answered. */
  record Given<T>(T value) implements Answer<T> {}

  /** It did not. */
  record Refused<T>(String why) implements Answer<T> {}
}
