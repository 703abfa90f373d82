package dev.bottle.bundle.egress.guard;

/**
 * Looks at every exchange: the place for credentials and for inspection. Called on the tunnel's
 * event loop; it must not block.
 */
@FunctionalInterface
public interface Guard {
  /** Lets everything pass. */
  Guard NONE = _ -> new ExchangeGuard() {};

  /**
   * A guard of one exchange.
   *
   * @param host of the tunnel, allowed by the policy
   */
  ExchangeGuard open(String host);

  /** This one first, then the other; what the first refuses the other does not see. */
  default Guard then(Guard other) {
    return host -> new ChainedGuard(open(host), other.open(host));
  }
}
