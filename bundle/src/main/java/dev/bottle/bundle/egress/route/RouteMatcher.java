package dev.bottle.bundle.egress.route;

import dev.bottle.crd.policy.HostPattern;
import dev.bottle.crd.policy.RoutePolicy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds the first route that matches a request. Immutable. */
public final class RouteMatcher {
  private final List<HostPattern> allow;
  private final Map<String, List<RoutePolicy>> byHost;
  private final Grants grants;

  private RouteMatcher(
      List<HostPattern> allow, Map<String, List<RoutePolicy>> byHost, Grants grants) {
    this.allow = allow;
    this.byHost = byHost;
    this.grants = grants;
  }

  /** Of a policy without grants. */
  public static RouteMatcher of(List<HostPattern> allow, List<RoutePolicy> routes) {
    return of(allow, routes, Grants.NONE);
  }

  /**
   * Of one policy.
   *
   * @param allow hosts that are allowed besides
   * @param routes in the policy's order
   * @param grants asked last, for what nothing else allows
   */
  public static RouteMatcher of(List<HostPattern> allow, List<RoutePolicy> routes, Grants grants) {
    return new RouteMatcher(
        List.copyOf(allow),
        routes.stream()
            .collect(Collectors.groupingBy(RoutePolicy::host, Collectors.toUnmodifiableList())),
        grants);
  }

  /** Whether the guest may connect to this host, in lower case, now. */
  public boolean allows(String host) {
    return byHost.containsKey(host) || allowsPlainly(host) || grants.allows(host);
  }

  /** The routes of this host, in order. */
  public List<RoutePolicy> routes(String host) {
    return byHost.getOrDefault(host, List.of());
  }

  /** Whether paths or methods decide what becomes of a request to this host. */
  public boolean isSelective(String host) {
    List<RoutePolicy> routes = routes(host);
    return routes.isEmpty()
        ? !allowsPlainly(host) && grants.isSelective(host)
        : routes.stream().anyMatch(route -> !route.paths().isEmpty() || !route.methods().isEmpty());
  }

  /** The names of all headers that routes set besides Authorization, in lower case. */
  public Set<String> headers() {
    return byHost.values().stream()
        .flatMap(List::stream)
        .flatMap(route -> Optional.ofNullable(route.auth().header()).stream())
        .map(String::toLowerCase)
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * What to do with a request.
   *
   * @param target in origin-form (RFC 9112, section 3.2.1)
   */
  public RouteDecision decide(String host, String method, String target) {
    RequestPath path = RequestPath.of(target);
    List<RoutePolicy> routes = routes(host);
    boolean byPath = routes.stream().anyMatch(route -> !route.paths().isEmpty());
    if (byPath && !path.isCanonical()) {
      return new RouteDecision.NotCanonical();
    }
    for (RoutePolicy route : routes) {
      if ((route.methods().isEmpty() || route.methods().contains(method))
          && (route.paths().isEmpty() || route.paths().stream().anyMatch(path::isBelow))) {
        return new RouteDecision.Matched(route);
      }
    }
    return allowsPlainly(host) ? new RouteDecision.Plain() : grants.decide(host, method, path);
  }

  private boolean allowsPlainly(String host) {
    return allow.stream().anyMatch(pattern -> pattern.matches(host));
  }
}
