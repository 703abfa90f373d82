package dev.bottle.bundle.egress.upstream;

import dev.bottle.bundle.egress.refusal.Refusal;

/** There is no upstream connection, and this is what the guest learns of it. */
public final class UpstreamException extends Exception {
  private static final long serialVersionUID = 1L;
  private final transient Refusal refusal;

  UpstreamException(Refusal refusal) {
    super(refusal.rule(), null, false, false);
    this.refusal = refusal;
  }

  /** For the guest, the log and, when it is a denial, the node agent. */
  public Refusal refusal() {
    return refusal;
  }
}
