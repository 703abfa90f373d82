package dev.bottle.agent.seal;

import java.util.Optional;

/** Proves that a machine has no way out but its doors. */
public interface SealProver {
  /** Looks at the host and runs the probes in the guest; takes seconds. */
  SealOutcome prove(SealSubject subject) throws InterruptedException;

  /**
   * Looks at the host only, without asking the guest or the runtime: cheap enough for every half
   * second. A fact that cannot be read is no leak here; {@link #prove} counts it as unproven.
   */
  Optional<SealOutcome.Leaked> glance(SealSubject subject);
}
