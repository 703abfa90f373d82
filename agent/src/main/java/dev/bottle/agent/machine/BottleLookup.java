package dev.bottle.agent.machine;

import dev.bottle.agent.report.BottleRef;
import dev.bottle.crd.api.Bottle;
import java.util.Optional;

/** Asks the API server itself, not a cache. */
@FunctionalInterface
public interface BottleLookup {
  /**
   * The Bottle with this UID; empty when the API server says that there is none.
   *
   * @throws RuntimeException of the client when it does not answer; then nothing is known
   */
  Optional<Bottle> ask(BottleRef bottle);
}
