package dev.bottle.bundle.egress.route;

import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.crd.policy.RoutePolicy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Sets the credential of the first route that matches, after everything else has seen the request,
 * and keeps it from coming back. Tunnels are to port 443 of a verified host by construction, so
 * there is no other place that it could go to.
 */
public final class Injection implements Guard {
  private final Supplier<RouteMatcher> routes;
  private final Supplier<Tokens> tokens;
  private volatile Masks masks;

  /**
   * A guard by these routes and tokens.
   *
   * @param routes of the policy in force
   * @param tokens as they are now
   */
  public Injection(Supplier<RouteMatcher> routes, Supplier<Tokens> tokens) {
    this.routes = routes;
    this.tokens = tokens;
    this.masks = new Masks(routes.get(), tokens.get(), new ConcurrentHashMap<>());
  }

  @Override
  public ExchangeGuard open(String host) {
    RouteMatcher matcher = routes.get();
    Tokens values = tokens.get();
    Masks known = masks;
    if (known.routes() != matcher || known.tokens() != values) {
      known = new Masks(matcher, values, new ConcurrentHashMap<>());
      masks = known;
    }
    return new InjectedExchange(host, routes, values, known.of(host));
  }

  /** What must not come back from each host, as long as neither routes nor tokens change. */
  private record Masks(RouteMatcher routes, Tokens tokens, Map<String, MaskPatterns> byHost) {
    /** Whatever was ever sent to this host may come back in any of its answers. */
    MaskPatterns of(String host) {
      List<RoutePolicy> own = routes.routes(host);
      return own.isEmpty()
          ? MaskPatterns.NONE
          : byHost.computeIfAbsent(host, _ -> MaskPatterns.of(secrets(own)));
    }

    private Set<String> secrets(List<RoutePolicy> own) {
      return own.stream()
          .map(route -> tokens.get(route.auth().slot()))
          .flatMap(Optional::stream)
          .map(Token::value)
          .collect(Collectors.toUnmodifiableSet());
    }

    /** The slots' values are secret, and so is what is made of them. */
    @Override
    public String toString() {
      return "Masks";
    }
  }
}
