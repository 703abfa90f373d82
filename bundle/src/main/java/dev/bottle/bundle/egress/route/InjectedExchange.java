package dev.bottle.bundle.egress.route;

import dev.bottle.bundle.egress.guard.BodyVerdict;
import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.guard.Opcode;
import dev.bottle.bundle.egress.guard.Verdict;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.policy.RouteAuth;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One exchange with a host that may have routes. */
final class InjectedExchange implements ExchangeGuard {
  private static final int PORT = 443;

  private final String host;
  private final Supplier<RouteMatcher> routes;
  private final Tokens tokens;
  private final MaskPatterns masks;
  private final Masker masker;
  private String method = "";
  private String target = "";
  private @Nullable RouteDecision decision;

  InjectedExchange(String host, Supplier<RouteMatcher> routes, Tokens tokens, MaskPatterns masks) {
    this.host = host;
    this.routes = routes;
    this.tokens = tokens;
    this.masks = masks;
    this.masker = new Masker(masks);
  }

  @Override
  public Verdict requestHead(HttpRequest head) {
    RouteMatcher now = routes.get();
    if (now.isSelective(host) && OverrideHeaders.ofAny(head.headers())) {
      return refuse(400, Reason.RequestMalformed, "OverrideHeader");
    }
    if (!masks.isEmpty()) {
      // What comes back compressed cannot be masked.
      head.headers().set(HttpHeaderNames.ACCEPT_ENCODING, HttpHeaderValues.IDENTITY);
    }
    method = head.method().name();
    target = head.uri();
    RouteDecision decided = now.decide(host, method, target);
    decision = decided;
    return switch (decided) {
      case RouteDecision.Matched matched -> inject(head.headers(), matched.route().auth());
      case RouteDecision.Plain _ -> Verdict.PASS;
      case RouteDecision.NotAllowed _ -> notAllowed(now);
      case RouteDecision.NotCanonical _ -> refuse(400, Reason.RequestMalformed, "PathNotCanonical");
    };
  }

  private Verdict notAllowed(RouteMatcher now) {
    if (!now.routes(host).isEmpty()) {
      return refuse(403, Reason.RequestNotAllowed, "RouteNotMatched");
    }
    return now.allows(host)
        ? refuse(403, Reason.RequestNotAllowed, "GrantNotMatched")
        : refuse(403, Reason.HostNotAllowed, "NotInAllow"); // its grant has just ended
  }

  private Verdict inject(HttpHeaders headers, RouteAuth auth) {
    Optional<Token> token = tokens.get(auth.slot());
    if (token.isEmpty()) {
      return refuse(503, Reason.SecretMissing, "RouteTokenMissing");
    }
    String value = token.get().value();
    switch (auth.type()) {
      case Bearer -> headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + value);
      case Basic ->
          headers.set(HttpHeaderNames.AUTHORIZATION, "Basic " + basic(auth.username(), value));
      case Header -> headers.set(String.valueOf(auth.header()), value);
    }
    return Verdict.PASS;
  }

  private static String basic(@Nullable String username, String password) {
    return Base64.getEncoder()
        .encodeToString((username + ":" + password).getBytes(StandardCharsets.ISO_8859_1));
  }

  @Override
  public Verdict informationalHead(HttpResponse head) {
    mask(head);
    return Verdict.PASS;
  }

  @Override
  public Verdict responseHead(HttpResponse head) {
    if (decision instanceof RouteDecision.Matched && hasBody(head) && isEncoded(head.headers())) {
      return refuse(502, Reason.UpstreamFailed, "ResponseEncoded");
    }
    mask(head);
    return Verdict.PASS;
  }

  private boolean hasBody(HttpResponse head) {
    return !method.equals(HttpMethod.HEAD.name())
        && !head.status().equals(HttpResponseStatus.NOT_MODIFIED);
  }

  /** It was told that it must not be (RFC 9110, section 12.5.3). */
  private static boolean isEncoded(HttpHeaders headers) {
    return headers.getAll(HttpHeaderNames.CONTENT_ENCODING).stream()
        .anyMatch(coding -> !coding.isBlank() && !coding.strip().equalsIgnoreCase("identity"));
  }

  private void mask(HttpResponse head) {
    if (masks.isEmpty()) {
      return;
    }
    // The reason phrase is free text, and nobody reads it.
    head.setStatus(HttpResponseStatus.valueOf(head.status().code()));
    List<Map.Entry<String, String>> headers = head.headers().entries();
    if (headers.stream().noneMatch(this::isTelling)) {
      return;
    }
    head.headers().clear();
    for (Map.Entry<String, String> header : headers) {
      if (masks.mask(header.getKey()).equals(header.getKey())) {
        head.headers().add(header.getKey(), masks.mask(header.getValue()));
      }
    }
  }

  private boolean isTelling(Map.Entry<String, String> header) {
    return !masks.mask(header.getKey()).equals(header.getKey())
        || !masks.mask(header.getValue()).equals(header.getValue());
  }

  @Override
  public BodyVerdict responseBody(ByteBuf chunk, boolean last) {
    return new BodyVerdict.Forward(masker.next(chunk, last));
  }

  @Override
  public BodyVerdict upstreamFrame(Opcode opcode, ByteBuf payload, boolean last) {
    return new BodyVerdict.Forward(new Masker(masks).next(payload, true));
  }

  /** The same request would get the same credential. */
  @Override
  public boolean isPermitted() {
    return decision == null || decision.equals(routes.get().decide(host, method, target));
  }

  private Verdict refuse(int status, Reason reason, String rule) {
    return new Verdict.Refuse(new Refusal(status, reason, rule, host, PORT));
  }
}
