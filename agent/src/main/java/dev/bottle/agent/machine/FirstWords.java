package dev.bottle.agent.machine;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The hash that each request was told with first. One that is told with another is closed for good:
 * nobody may find other words under an id that a person looks at. Bounded. Not thread-safe.
 */
final class FirstWords {
  private static final int MAX = 1000;
  private static final String CLOSED = "";

  private final Map<String, String> hashes = new LinkedHashMap<>();

  /**
   * Whether this id never had another hash.
   *
   * @param kept which ids must not be forgotten for others; not more than a few
   */
  boolean hold(String id, String hash, Predicate<String> kept) {
    String first = hashes.putIfAbsent(id, hash);
    if (first != null && !first.equals(hash)) {
      hashes.put(id, CLOSED);
    }
    Iterator<String> oldest = hashes.keySet().iterator();
    while (hashes.size() > MAX && oldest.hasNext()) {
      if (!kept.test(oldest.next())) {
        oldest.remove();
      }
    }
    return first == null || first.equals(hash);
  }
}
