package dev.bottle.agent.smolvm;

import dev.bottle.crd.condition.Reason;

/** The machine runtime could not do what was asked. */
public final class RuntimeFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** The message is the runtime's own, with what was tried before it. */
  public RuntimeFailure(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** What a person reads in the condition. */
  public Reason reason() {
    return reason;
  }
}
