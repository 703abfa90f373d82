package dev.bottle.crd.policy;

import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Requests for which egress sets a credential. Of a policy's routes the first that matches is used.
 *
 * @param host an exact host of {@link HostPattern}'s grammar
 * @param paths prefixes, matched segment by segment as a Kubernetes Ingress does with pathType
 *     Prefix ({@code /v1} and {@code /v1/} match {@code /v1} and everything below, not {@code
 *     /v10}); empty for every path
 * @param methods upper-case methods; empty for every method
 * @param webSocket whether a WebSocket may be opened (RFC 6455)
 * @param onMatch what happens when the inspection finds a secret
 * @param auth the credential that is set
 */
public record RoutePolicy(
    String host,
    List<String> paths,
    List<String> methods,
    boolean webSocket,
    OnMatch onMatch,
    RouteAuth auth) {
  private static final Pattern PATH = Pattern.compile("/[!-~&&[^?#*\\\\%;]]{0,1023}");
  private static final Pattern EMPTY_OR_DOTS = Pattern.compile("//|/\\.{1,2}(/|$)");
  private static final Pattern METHOD = Pattern.compile("[A-Z][A-Z-]{0,31}");

  /** Copies; refuses absent parts and what can never match. */
  public RoutePolicy {
    Objects.requireNonNull(host, "host is missing");
    paths = List.copyOf(Objects.requireNonNull(paths, "paths is missing"));
    methods = List.copyOf(Objects.requireNonNull(methods, "methods is missing"));
    Objects.requireNonNull(onMatch, "onMatch is missing");
    Objects.requireNonNull(auth, "auth is missing");
    if (HostPattern.parse(host).filter(pattern -> !pattern.wildcard()).isEmpty()) {
      throw new IllegalArgumentException("host is not an exact host");
    }
    for (String path : paths) {
      if (!PATH.matcher(path).matches() || EMPTY_OR_DOTS.matcher(path).find()) {
        throw new IllegalArgumentException("paths holds what is no plain path");
      }
    }
    if (methods.stream().anyMatch(method -> !METHOD.matcher(method).matches())) {
      throw new IllegalArgumentException("methods holds what is no method");
    }
  }
}
