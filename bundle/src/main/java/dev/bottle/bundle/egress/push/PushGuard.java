package dev.bottle.bundle.egress.push;

import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.bundle.egress.guard.Verdict;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.bundle.egress.route.OverrideHeaders;
import dev.bottle.bundle.egress.route.RouteDecision;
import dev.bottle.bundle.egress.route.RouteMatcher;
import dev.bottle.crd.condition.Reason;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Refuses pushes on every host, whatever is allowed there: git-gate is the way. APIs that write to
 * repositories pass only where a route names their paths, which a person has then decided.
 */
public final class PushGuard implements Guard {
  private static final int FORBIDDEN = 403;
  private static final int PORT = 443;

  private final Supplier<RouteMatcher> routes;

  /**
   * A guard.
   *
   * @param routes of the policy in force
   */
  public PushGuard(Supplier<RouteMatcher> routes) {
    this.routes = routes;
  }

  @Override
  public ExchangeGuard open(String host) {
    return new ExchangeGuard() {
      @Override
      public Verdict requestHead(HttpRequest head) {
        Optional<RepositoryWrite> write = write(host, head);
        return write.isEmpty() || (write.get() == RepositoryWrite.FORGE_API && isNamed(host, head))
            ? Verdict.PASS
            : new Verdict.Refuse(
                new Refusal(FORBIDDEN, Reason.PushNotScanned, write.get().rule(), host, PORT));
      }
    };
  }

  private static Optional<RepositoryWrite> write(String host, HttpRequest head) {
    HttpHeaders headers = head.headers();
    if (headers.getAll(HttpHeaderNames.CONTENT_TYPE).stream().anyMatch(PushGuard::isPush)) {
      return Optional.of(RepositoryWrite.GIT_PUSH);
    }
    // One that looks safe may be another.
    String method = OverrideHeaders.ofMethod(headers) ? "POST" : head.method().name();
    return RepositoryWrite.of(host, method, head.uri());
  }

  /** Without this type, git's own server takes no push, whatever the path. */
  private static boolean isPush(String contentType) {
    return contentType.toLowerCase(Locale.ROOT).contains("git-receive-pack");
  }

  private boolean isNamed(String host, HttpRequest head) {
    return routes.get().decide(host, head.method().name(), head.uri())
            instanceof RouteDecision.Matched matched
        && !matched.route().paths().isEmpty();
  }
}
