package dev.bottle.agent.machine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;

/**
 * The last few values, the newest first, one for each key. Not thread-safe.
 *
 * @param <K> what makes two values the same, whenever they came
 * @param <V> a value
 */
final class Recent<K, V> {
  private final int capacity;
  private final Function<V, K> key;
  private final SequencedMap<K, V> values = new LinkedHashMap<>();

  Recent(int capacity, Function<V, K> key) {
    this.capacity = capacity;
    this.key = key;
  }

  void add(V value) {
    K own = key.apply(value);
    values.remove(own);
    values.putFirst(own, value);
    if (values.size() > capacity) {
      values.pollLastEntry();
    }
  }

  /** These, and after them what there is room for of those that were told before. */
  List<V> before(List<V> former) {
    Map<K, V> all = new LinkedHashMap<>(values);
    former.forEach(value -> all.putIfAbsent(key.apply(value), value));
    return all.values().stream().limit(capacity).toList();
  }
}
