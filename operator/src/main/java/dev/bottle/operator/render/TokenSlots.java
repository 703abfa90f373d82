package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.EgressSpec;
import dev.bottle.crd.api.KeyReference;
import dev.bottle.crd.api.Route;
import dev.bottle.crd.policy.TokenSlot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The token slots of a Bottle: one for each key of a Secret that its routes name, however many name
 * it. Numbered in the order of Secret and key and not of the routes: the slots are volumes, so an
 * edit of the routes that names the same keys must not replace the Pod.
 */
final class TokenSlots {
  private static final String PREFIX = "EGRESS_TOKEN_";
  private static final Comparator<KeyReference> BY_NAME =
      Comparator.comparing(KeyReference::name).thenComparing(KeyReference::key);

  private TokenSlots() {}

  static List<TokenSlot> of(Bottle bottle) {
    List<KeyReference> keys =
        routes(bottle).stream()
            .map(route -> route.auth().secretKeyRef())
            .distinct()
            .sorted(BY_NAME)
            .toList();
    List<TokenSlot> slots = new ArrayList<>();
    for (KeyReference key : keys) {
      slots.add(new TokenSlot(PREFIX + slots.size(), key.name(), key.key()));
    }
    return List.copyOf(slots);
  }

  /** The slot of this key, which is one of a route of the Bottle whose slots these are. */
  static String name(List<TokenSlot> slots, KeyReference key) {
    return slots.stream()
        .filter(slot -> slot.secret().equals(key.name()) && slot.key().equals(key.key()))
        .findFirst()
        .map(TokenSlot::name)
        .orElseThrow();
  }

  static List<Route> routes(Bottle bottle) {
    EgressSpec egress = bottle.getSpec().egress();
    return egress == null || egress.routes() == null ? List.of() : egress.routes();
  }
}
