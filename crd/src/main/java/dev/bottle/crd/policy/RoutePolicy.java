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
  /** The longest path, in characters. */
  public static final int MAX_PATH_LENGTH = 1024;

  /**
   * A path, in words that RE2 (the CRD's rule) and Java read alike; together with {@link
   * #DOT_SEGMENT} and {@link #MAX_PATH_LENGTH}. RFC 3986's characters of a path but those that
   * routers read in more than one way ({@code % ;}) or take for a wildcard, and no empty segment.
   */
  public static final String PATH_GRAMMAR = "^(/[A-Za-z0-9._~!$&-)+,=:@-]+)*/?$";

  /** Found in a path whose meaning depends on who resolves it (RFC 3986, section 5.2.4). */
  public static final String DOT_SEGMENT = "/[.][.]?(/|$)";

  private static final Pattern PATH = Pattern.compile(PATH_GRAMMAR);
  private static final Pattern DOTS = Pattern.compile(DOT_SEGMENT);
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
      if (!isPath(path)) {
        throw new IllegalArgumentException("paths holds what is no plain path");
      }
    }
    if (methods.stream().anyMatch(method -> !METHOD.matcher(method).matches())) {
      throw new IllegalArgumentException("methods holds what is no method");
    }
  }

  private static boolean isPath(String text) {
    return !text.isEmpty()
        && text.length() <= MAX_PATH_LENGTH
        && PATH.matcher(text).matches()
        && !DOTS.matcher(text).find();
  }
}
