package dev.bottle.bundle.egress.route;

import dev.bottle.crd.policy.TokenSlot;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The values of all slots at one moment. Immutable. */
public final class Tokens {
  /** No slot has a value. */
  public static final Tokens NONE = new Tokens(Map.of());

  private final Map<String, Token> bySlot;

  Tokens(Map<String, Token> bySlot) {
    this.bySlot = Map.copyOf(bySlot);
  }

  /** The value of this slot; empty when it has none. */
  public Optional<Token> get(String slot) {
    return Optional.ofNullable(bySlot.get(slot));
  }

  /** All of them, in no order. */
  public Collection<Token> all() {
    return bySlot.values();
  }

  /** The names of those slots that have no value, sorted. */
  public List<String> empty(Collection<TokenSlot> slots) {
    return slots.stream()
        .map(TokenSlot::name)
        .filter(name -> !bySlot.containsKey(name))
        .sorted()
        .toList();
  }

  /** Whether the other holds the same values. */
  boolean isSame(Tokens other) {
    return bySlot.equals(other.bySlot);
  }

  /** The slots' names, no value. */
  @Override
  public String toString() {
    return "Tokens" + bySlot.keySet();
  }
}
