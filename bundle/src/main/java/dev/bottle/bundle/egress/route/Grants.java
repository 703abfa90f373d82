package dev.bottle.bundle.egress.route;

import dev.bottle.crd.policy.Grant;
import java.time.Clock;
import java.util.List;
import java.util.OptionalLong;

/**
 * Hosts that people allowed for a while. Each question is answered for the moment at which it is
 * asked, so that what has ended has ended, whoever else runs.
 */
public final class Grants {
  /** None. */
  public static final Grants NONE = new Grants(List.of(), Clock.systemUTC());

  private final List<Grant> all;
  private final Clock clock;

  /** Of one policy, by this clock. */
  public Grants(List<Grant> all, Clock clock) {
    this.all = List.copyOf(all);
    this.clock = clock;
  }

  /** Those that have not ended. */
  private List<Grant> live() {
    long now = clock.instant().getEpochSecond();
    return all.stream().filter(grant -> now < grant.notAfterSeconds()).toList();
  }

  private List<Grant> live(String host) {
    return all.isEmpty()
        ? List.of()
        : live().stream().filter(grant -> grant.host().equals(host)).toList();
  }

  /** Whether something at this host, in lower case, is allowed now. */
  public boolean allows(String host) {
    return !live(host).isEmpty();
  }

  /** Whether any grant of this host is only for some paths or methods. */
  boolean isSelective(String host) {
    return live(host).stream()
        .anyMatch(grant -> grant.pathPrefix() != null || !grant.methods().isEmpty());
  }

  /** What to do with a request: {@link RouteDecision.Plain} when one of them is for it. */
  RouteDecision decide(String host, String method, RequestPath path) {
    List<Grant> live = live(host);
    if (live.stream().anyMatch(grant -> matches(grant, method, path))) {
      return new RouteDecision.Plain();
    }
    return !path.isCanonical() && live.stream().anyMatch(grant -> grant.pathPrefix() != null)
        ? new RouteDecision.NotCanonical()
        : new RouteDecision.NotAllowed();
  }

  private static boolean matches(Grant grant, String method, RequestPath path) {
    String prefix = grant.pathPrefix();
    return (grant.methods().isEmpty() || grant.methods().contains(method))
        && (prefix == null || (path.isCanonical() && path.isBelow(prefix)));
  }

  /** When the next one ends, in seconds since the epoch; empty when none is left. */
  public OptionalLong nextEnd() {
    return live().stream().mapToLong(Grant::notAfterSeconds).min();
  }
}
