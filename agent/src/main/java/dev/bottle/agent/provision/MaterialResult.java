package dev.bottle.agent.provision;

import dev.bottle.crd.condition.Reason;

/** What reading the Pod's volumes gave. */
public sealed interface MaterialResult {
  /** Everything is there. */
  record Complete(GuestMaterial material) implements MaterialResult {}

  /**
   * Something is not there (yet) or must not be used. A change of the volumes is worth another
   * look.
   */
  record Incomplete(Reason reason, String message) implements MaterialResult {}
}
