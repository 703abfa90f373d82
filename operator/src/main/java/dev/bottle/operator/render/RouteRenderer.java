package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.Route;
import dev.bottle.crd.policy.AuthType;
import dev.bottle.crd.policy.OnMatch;
import dev.bottle.crd.policy.RouteAuth;
import dev.bottle.crd.policy.RoutePolicy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The routes of the policy, in the order of the spec, which is the order in which they are tried.
 */
final class RouteRenderer {
  private RouteRenderer() {}

  static List<RoutePolicy> render(Bottle bottle) {
    return TokenSlots.routes(bottle).stream().map(RouteRenderer::render).toList();
  }

  private static RoutePolicy render(Route route) {
    return new RoutePolicy(
        route.host(),
        distinct(route.paths()),
        distinct(route.methods()),
        route.webSocket(),
        onMatch(route.onMatch()),
        new RouteAuth(
            type(route.auth().type()),
            route.auth().header(),
            route.auth().username(),
            TokenSlots.name(route.auth().secretKeyRef())));
  }

  /** Their order has no meaning. */
  private static List<String> distinct(@Nullable List<String> values) {
    return values == null ? List.of() : values.stream().distinct().sorted().toList();
  }

  private static AuthType type(dev.bottle.crd.api.RouteAuth.Type type) {
    return switch (type) {
      case Bearer -> AuthType.Bearer;
      case Basic -> AuthType.Basic;
      case Header -> AuthType.Header;
    };
  }

  private static OnMatch onMatch(dev.bottle.crd.api.@Nullable OnMatch onMatch) {
    return switch (onMatch) {
      case Block -> OnMatch.Block;
      case Redact -> OnMatch.Redact;
      case Observe -> OnMatch.Observe;
      case null -> OnMatch.Block;
    };
  }
}
