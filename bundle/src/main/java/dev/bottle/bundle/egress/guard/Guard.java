package dev.bottle.bundle.egress.guard;

import dev.bottle.bundle.egress.refusal.Refusal;
import java.util.Optional;

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

  /**
   * Why the guest may not even ask for this host, which the policy allows: after this a name server
   * hears of it. Empty when it may.
   */
  default Optional<Refusal> refusal(String host) {
    return Optional.empty();
  }

  /** This one first, then the other; what the first refuses the other does not see. */
  default Guard then(Guard other) {
    Guard first = this;
    return new Guard() {
      @Override
      public ExchangeGuard open(String host) {
        return new ChainedGuard(first.open(host), other.open(host));
      }

      @Override
      public Optional<Refusal> refusal(String host) {
        return first.refusal(host).or(() -> other.refusal(host));
      }
    };
  }
}
