package dev.bottle.agent.image;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which images somebody pulls, or is about to create a machine from. Whoever removes one does so
 * within {@link #exclusively}: no image comes to be held meanwhile, nor loses its hold.
 */
final class ImageHolds {
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Integer> held = new HashMap<>();

  /** Ends the exclusion. */
  interface Exclusion extends AutoCloseable {
    @Override
    void close();
  }

  Exclusion exclusively() {
    lock.lock();
    return lock::unlock;
  }

  ImageHold acquire(StoredImage image) {
    try (var _ = exclusively()) {
      held.merge(image.digest(), 1, Integer::sum);
    }
    return new ImageHold(image, () -> release(image.digest()));
  }

  boolean isHeld(String digest) {
    try (var _ = exclusively()) {
      return held.containsKey(digest);
    }
  }

  private void release(String digest) {
    try (var _ = exclusively()) {
      held.computeIfPresent(digest, (key, count) -> count == 1 ? null : count - 1);
    }
  }
}
