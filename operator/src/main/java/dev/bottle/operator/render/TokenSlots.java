package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.EgressSpec;
import dev.bottle.crd.api.KeyReference;
import dev.bottle.crd.api.Route;
import dev.bottle.crd.json.Sha256;
import dev.bottle.crd.policy.TokenSlot;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The token slots of a Bottle: one for each key of a Secret that its routes name, however many name
 * it. A slot's name is made of Secret and key and of nothing else (docs/adr/0077): whichever policy
 * meets whichever volume, no route finds another's token.
 */
final class TokenSlots {
  private static final String PREFIX = "EGRESS_TOKEN_";
  private static final int DIGITS = 16;
  private static final Comparator<KeyReference> BY_NAME =
      Comparator.comparing(KeyReference::name).thenComparing(KeyReference::key);

  private TokenSlots() {}

  static List<TokenSlot> of(Bottle bottle) {
    return routes(bottle).stream()
        .map(route -> route.auth().secretKeyRef())
        .distinct()
        .sorted(BY_NAME)
        .map(key -> new TokenSlot(name(key), key.name(), key.key()))
        .toList();
  }

  /** The slot of this key. */
  static String name(KeyReference key) {
    // No name of a Secret has a slash.
    byte[] path = (key.name() + "/" + key.key()).getBytes(StandardCharsets.UTF_8);
    return PREFIX + Sha256.hex(path).substring(0, DIGITS).toUpperCase(Locale.ROOT);
  }

  static List<Route> routes(Bottle bottle) {
    EgressSpec egress = bottle.getSpec().egress();
    return egress == null || egress.routes() == null ? List.of() : egress.routes();
  }
}
