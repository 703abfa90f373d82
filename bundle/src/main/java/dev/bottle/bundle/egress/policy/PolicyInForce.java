package dev.bottle.bundle.egress.policy;

import org.jspecify.annotations.Nullable;

/** The one reference that everything reads at the moment of its decision. */
public final class PolicyInForce {
  private volatile @Nullable Enforcement enforcement;

  /** Null before the first good policy: everything is refused. */
  public @Nullable Enforcement get() {
    return enforcement;
  }

  void set(Enforcement next) {
    enforcement = next;
  }
}
