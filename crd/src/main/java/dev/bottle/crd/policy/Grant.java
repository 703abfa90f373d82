package dev.bottle.crd.policy;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A host that a person allowed for a while. Egress itself ends it, whoever else runs.
 *
 * @param host an exact host of {@link HostPattern}'s grammar
 * @param methods upper-case methods; empty for every method
 * @param pathPrefix as {@link RoutePolicy#paths}; null for every path
 * @param notAfterSeconds since the epoch: from then on it allows nothing, and tunnels of it end
 */
public record Grant(
    String host, List<String> methods, @Nullable String pathPrefix, long notAfterSeconds) {
  private static final long LAST = 253_402_300_799L;

  /** Copies; refuses absent parts and what is no host. */
  public Grant {
    Objects.requireNonNull(host, "host is missing");
    methods = List.copyOf(Objects.requireNonNull(methods, "methods is missing"));
    if (HostPattern.parse(host).filter(pattern -> !pattern.wildcard()).isEmpty()) {
      throw new IllegalArgumentException("host is not an exact host");
    }
    if (notAfterSeconds <= 0 || notAfterSeconds > LAST) {
      throw new IllegalArgumentException(
          "notAfterSeconds must be positive, and before the year 10000");
    }
  }
}
