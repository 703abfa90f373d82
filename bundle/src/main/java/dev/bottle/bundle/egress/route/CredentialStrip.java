package dev.bottle.bundle.egress.route;

import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.bundle.egress.guard.Verdict;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Takes away the credentials that the guest sent, to every host: those of {@link #ALWAYS} and the
 * headers that the policy's routes set. The guest's own key, or one that somebody slipped it, would
 * carry data out to a foreign account of an allowed host. Comes before the inspection, to which the
 * guest's placeholders are of no interest.
 */
public final class CredentialStrip implements Guard {
  /** In lower case. */
  private static final Set<String> ALWAYS =
      Set.of(
          "authorization",
          "proxy-authorization",
          "x-api-key",
          "cookie",
          "cookie2"); // RFC 2965, section 3.3.5; some servers still read it

  private final Supplier<RouteMatcher> routes;

  /**
   * A guard by these routes.
   *
   * @param routes of the policy in force
   */
  public CredentialStrip(Supplier<RouteMatcher> routes) {
    this.routes = routes;
  }

  @Override
  public ExchangeGuard open(String host) {
    return new ExchangeGuard() {
      @Override
      public Verdict requestHead(HttpRequest head) {
        strip(head.headers());
        return Verdict.PASS;
      }
    };
  }

  /** CGI and what descends from it (RFC 3875, section 4.1.18) take a hyphen for an underscore. */
  private void strip(HttpHeaders headers) {
    Set<String> set = routes.get().headers();
    List<String> credentials = new ArrayList<>();
    headers
        .iteratorCharSequence()
        .forEachRemaining(header -> {
          String name = header.getKey().toString().toLowerCase(Locale.ROOT).replace('_', '-');
          if (ALWAYS.contains(name) || set.contains(name)) {
            credentials.add(header.getKey().toString());
          }
        });
    credentials.forEach(headers::remove);
  }
}
