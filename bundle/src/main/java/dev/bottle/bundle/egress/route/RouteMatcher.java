package dev.bottle.bundle.egress.route;

import dev.bottle.crd.policy.HostPattern;
import dev.bottle.crd.policy.RoutePolicy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Finds the first route that matches a request. Immutable. */
public final class RouteMatcher {
  /**
   * Where a server may see another path than was sent (RFC 3986, section 6.2.2): an encoded
   * character that needs no encoding, is a slash or a percent sign (for servers that decode twice),
   * an empty segment, parameters of a segment.
   */
  private static final Pattern NOT_CANONICAL =
      Pattern.compile(
          "//|;|%(?:2[5def]|3[0-9b]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])",
          Pattern.CASE_INSENSITIVE);

  private final List<HostPattern> allow;
  private final Map<String, List<RoutePolicy>> byHost;

  private RouteMatcher(List<HostPattern> allow, Map<String, List<RoutePolicy>> byHost) {
    this.allow = allow;
    this.byHost = byHost;
  }

  /**
   * Of one policy.
   *
   * @param allow hosts that are allowed besides
   * @param routes in the policy's order
   */
  public static RouteMatcher of(List<HostPattern> allow, List<RoutePolicy> routes) {
    return new RouteMatcher(
        List.copyOf(allow),
        routes.stream()
            .collect(Collectors.groupingBy(RoutePolicy::host, Collectors.toUnmodifiableList())));
  }

  /** Whether the guest may connect to this host, in lower case. */
  public boolean allows(String host) {
    return byHost.containsKey(host) || allowsPlainly(host);
  }

  /** The routes of this host, in order. */
  public List<RoutePolicy> routes(String host) {
    return byHost.getOrDefault(host, List.of());
  }

  /** Whether any route of this host is only for some paths or methods. */
  public boolean isSelective(String host) {
    return routes(host).stream()
        .anyMatch(route -> !route.paths().isEmpty() || !route.methods().isEmpty());
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
    int query = target.indexOf('?');
    String path = query < 0 ? target : target.substring(0, query);
    List<RoutePolicy> routes = routes(host);
    boolean byPath = routes.stream().anyMatch(route -> !route.paths().isEmpty());
    if (byPath && NOT_CANONICAL.matcher(path).find()) {
      return new RouteDecision.NotCanonical();
    }
    for (RoutePolicy route : routes) {
      if ((route.methods().isEmpty() || route.methods().contains(method))
          && (route.paths().isEmpty()
              || route.paths().stream().anyMatch(prefix -> begins(path, prefix)))) {
        return new RouteDecision.Matched(route);
      }
    }
    return allowsPlainly(host) ? new RouteDecision.Plain() : new RouteDecision.NotAllowed();
  }

  private boolean allowsPlainly(String host) {
    return allow.stream().anyMatch(pattern -> pattern.matches(host));
  }

  /** Segment by segment: a slash at the prefix's end says nothing, as in a Kubernetes Ingress. */
  private static boolean begins(String path, String prefix) {
    String segments = prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
    return path.startsWith(segments)
        && (path.length() == segments.length() || path.charAt(segments.length()) == '/');
  }
}
