package dev.bottle.bundle.egress.policy;

import dev.bottle.bundle.egress.route.RouteMatcher;
import dev.bottle.crd.policy.TokenSlot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The one reference that everything reads at the moment of its decision. */
public final class PolicyInForce {
  private static final RouteMatcher NO_ROUTES = RouteMatcher.of(List.of(), List.of());

  private volatile @Nullable Enforcement enforcement;

  /** Null before the first good policy: everything is refused. */
  public @Nullable Enforcement get() {
    return enforcement;
  }

  /** Of the policy in force; none before the first. */
  public RouteMatcher routes() {
    Enforcement now = enforcement;
    return now == null ? NO_ROUTES : now.routes();
  }

  /** The token slots of the policy in force; none before the first. */
  public List<TokenSlot> slots() {
    Enforcement now = enforcement;
    return now == null ? List.of() : now.policy().slots();
  }

  void set(Enforcement next) {
    enforcement = next;
  }
}
