package dev.bottle.agent.machine;

import dev.bottle.crd.condition.Reason;

/**
 * A machine that leaked stays stopped for this Pod and this spec. Kept on disk: a restart of the
 * agent must not lift it.
 */
public record Block(String pod, long generation, Reason reason, String message) {
  /** Whether it still holds; another Pod or another spec is somebody's decision to try again. */
  boolean holds(Wish.Run wish) {
    return pod.equals(wish.pod()) && generation == wish.generation();
  }
}
