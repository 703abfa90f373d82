package dev.bottle.bundle.egress.guard;

import dev.bottle.bundle.egress.refusal.Refusal;

/** What a guard says of one part of an exchange. */
public sealed interface Verdict {
  /** Go on. */
  Verdict PASS = new Pass();

  /** Nothing to object. */
  record Pass() implements Verdict {}

  /**
   * The exchange ends here. While no byte of the response is on its way, the guest gets the
   * refusal; later, the tunnel is cut.
   */
  record Refuse(Refusal refusal) implements Verdict {}
}
