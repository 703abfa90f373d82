package dev.bottle.bundle.egress.response;

import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.bundle.egress.inspection.Sighting;
import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.policy.PolicyInForce;
import dev.bottle.crd.policy.ResponsePolicy;

/** Holds answers to the policy in force, at each part of them. */
public final class ResponseGuard implements Guard {
  private final PolicyInForce policy;
  private final Sighting sighting;

  /**
   * A guard by this policy.
   *
   * @param sighting is told of orders to a model
   */
  public ResponseGuard(PolicyInForce policy, Sighting sighting) {
    this.policy = policy;
    this.sighting = sighting;
  }

  @Override
  public ExchangeGuard open(String host) {
    return new LimitedResponse(host, this::inForce, sighting);
  }

  private ResponsePolicy inForce() {
    Enforcement now = policy.get();
    return now == null ? ResponsePolicy.DEFAULT : now.policy().responses();
  }
}
