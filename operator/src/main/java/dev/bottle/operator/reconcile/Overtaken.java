package dev.bottle.operator.reconcile;

import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many reconciles of a Bottle in a row found that something else had written first. That is
 * ordinary a few times; then it is rather a cache that does not catch up, or an object that is
 * refused in this way, and no reason to ask the API server five times a second.
 */
final class Overtaken {
  /** So many in a row are ordinary. */
  static final int PATIENCE = 5;

  private final Map<ResourceID, Integer> inARow = new ConcurrentHashMap<>();

  /** Once more; returns whether it is too often by now. */
  boolean isTooOften(ResourceID bottle) {
    return inARow.merge(bottle, 1, (former, one) -> Math.min(former + one, PATIENCE + 1))
        > PATIENCE;
  }

  /** It was not, this time. */
  void end(ResourceID bottle) {
    inARow.remove(bottle);
  }
}
