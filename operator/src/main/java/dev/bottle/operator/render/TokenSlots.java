package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.EgressSpec;
import dev.bottle.crd.api.GitSpec;
import dev.bottle.crd.api.GitUpstream;
import dev.bottle.crd.api.KeyReference;
import dev.bottle.crd.api.Route;
import dev.bottle.crd.json.Sha256;
import dev.bottle.crd.policy.TokenSlot;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The slots of a Bottle: one for each key of a Secret that its routes, or its git upstreams, name,
 * however many name it. A slot's name is made of Secret and key and of nothing else
 * (docs/adr/0077): whichever policy meets whichever volume, no route finds another's token.
 */
final class TokenSlots {
  private static final String EGRESS = "EGRESS_TOKEN_";
  private static final String GIT = "GIT_CREDENTIAL_";
  private static final int DIGITS = 16;
  private static final Comparator<KeyReference> BY_NAME =
      Comparator.comparing(KeyReference::name).thenComparing(KeyReference::key);

  private TokenSlots() {}

  /** Of egress. */
  static List<TokenSlot> of(Bottle bottle) {
    return slots(EGRESS, routes(bottle).stream().map(route -> route.auth().secretKeyRef()));
  }

  /** Of git-gate: identities and tokens. */
  static List<TokenSlot> ofGit(Bottle bottle) {
    return slots(GIT, upstreams(bottle).stream().map(TokenSlots::credential));
  }

  /** The slot of egress with this key. */
  static String name(KeyReference key) {
    return name(EGRESS, key);
  }

  /** The slot of git-gate with this upstream's credential. */
  static String gitName(GitUpstream upstream) {
    return name(GIT, credential(upstream));
  }

  private static List<TokenSlot> slots(String prefix, Stream<KeyReference> keys) {
    return keys.distinct()
        .sorted(BY_NAME)
        .map(key -> new TokenSlot(name(prefix, key), key.name(), key.key()))
        .toList();
  }

  private static String name(String prefix, KeyReference key) {
    // No name of a Secret has a slash.
    byte[] path = (key.name() + "/" + key.key()).getBytes(StandardCharsets.UTF_8);
    return prefix + Sha256.hex(path).substring(0, DIGITS).toUpperCase(Locale.ROOT);
  }

  /** The schema lets exactly one of both through. */
  private static KeyReference credential(GitUpstream upstream) {
    KeyReference identity = upstream.identitySecretRef();
    return identity == null
        ? Objects.requireNonNull(upstream.tokenSecretRef(), "tokenSecretRef")
        : identity;
  }

  static List<Route> routes(Bottle bottle) {
    EgressSpec egress = bottle.getSpec().egress();
    return egress == null || egress.routes() == null ? List.of() : egress.routes();
  }

  static List<GitUpstream> upstreams(Bottle bottle) {
    GitSpec git = bottle.getSpec().git();
    return git == null || git.upstreams() == null ? List.of() : git.upstreams();
  }
}
