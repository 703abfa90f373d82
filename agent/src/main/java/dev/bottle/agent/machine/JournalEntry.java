package dev.bottle.agent.machine;

import org.jspecify.annotations.Nullable;

/**
 * What the agent must remember of a machine beyond its own life.
 *
 * @param pod for which it was started last
 * @param bootMillis from the start to the first answer
 */
public record JournalEntry(
    String namespace,
    String name,
    @Nullable String pod,
    @Nullable Long bootMillis,
    @Nullable Block block) {
  JournalEntry startedFor(String newPod) {
    return new JournalEntry(namespace, name, newPod, null, null);
  }

  JournalEntry booted(long millis) {
    return new JournalEntry(namespace, name, pod, millis, block);
  }

  JournalEntry blocked(@Nullable Block newBlock) {
    return new JournalEntry(namespace, name, pod, bootMillis, newBlock);
  }
}
