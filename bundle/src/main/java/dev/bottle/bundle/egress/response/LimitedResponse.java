package dev.bottle.bundle.egress.response;

import dev.bottle.bundle.egress.guard.BodyVerdict;
import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.guard.Verdict;
import dev.bottle.bundle.egress.inspection.Sighting;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.policy.InjectionPatterns;
import dev.bottle.crd.policy.OnMatch;
import dev.bottle.crd.policy.ResponsePolicy;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One answer. A WebSocket is none: only the head of its 101 comes by here. */
final class LimitedResponse implements ExchangeGuard {
  private static final int PORT = 443;

  /** A number with fewer digits is one; more than that no limit allows. */
  private static final int LENGTH_OF_MAX_LONG = 19;

  private static final String PLACE = "Response";

  private final String host;
  private final Supplier<ResponsePolicy> policy;
  private final Sighting sighting;
  private final Set<String> told = new HashSet<>();
  private boolean bodiless;
  private boolean headSeen;
  private Optional<MediaType> type = Optional.empty();
  private long passed;
  private @Nullable InjectionSearch search;

  LimitedResponse(String host, Supplier<ResponsePolicy> policy, Sighting sighting) {
    this.host = host;
    this.policy = policy;
    this.sighting = sighting;
  }

  @Override
  public Verdict requestHead(HttpRequest head) {
    bodiless = head.method().equals(HttpMethod.HEAD);
    if (policy.get().injectionPatterns() == InjectionPatterns.Observe) {
      head.headers().set(HttpHeaderNames.ACCEPT_ENCODING, HttpHeaderValues.IDENTITY);
    }
    return Verdict.PASS;
  }

  @Override
  public Verdict responseHead(HttpResponse head) {
    bodiless |=
        head.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)
            || head.status().equals(HttpResponseStatus.NO_CONTENT)
            || head.status().equals(HttpResponseStatus.NOT_MODIFIED);
    String length = head.headers().get(HttpHeaderNames.CONTENT_LENGTH, "");
    if (bodiless || length.equals("0")) {
      return Verdict.PASS;
    }
    headSeen = true;
    List<String> types = head.headers().getAll(HttpHeaderNames.CONTENT_TYPE);
    type = types.size() == 1 ? MediaType.parse(types.getFirst()) : Optional.empty();
    Optional<Refusal> refusal = refusalOfType().or(() -> refusalOfLength(length));
    if (refusal.isPresent()) {
      return new Verdict.Refuse(refusal.get());
    }
    if (policy.get().injectionPatterns() == InjectionPatterns.Observe
        && type.filter(MediaType::isText).isPresent()
        && !head.headers().contains(HttpHeaderNames.CONTENT_ENCODING)) {
      search = new InjectionSearch();
    }
    return Verdict.PASS;
  }

  @Override
  public BodyVerdict responseBody(ByteBuf chunk, boolean last) {
    passed += chunk.readableBytes();
    if (passed > maxBytes()) {
      chunk.release();
      return new BodyVerdict.Refuse(refusal(Reason.ResponseTooLarge, "BodyLength"));
    }
    if (search != null) {
      search.next(chunk, this::tell);
    }
    return new BodyVerdict.Forward(chunk);
  }

  private void tell(String rule) {
    if (told.add(rule)) {
      sighting.tell(host, rule, PLACE, OnMatch.Observe);
    }
  }

  private Optional<Refusal> refusalOfType() {
    List<String> allowed = policy.get().contentTypes();
    return allowed.isEmpty() || type.filter(own -> own.isOneOf(allowed)).isPresent()
        ? Optional.empty()
        : Optional.of(
            refusal(
                Reason.ResponseTypeNotAllowed, type.isPresent() ? "ContentType" : "NoContentType"));
  }

  private Optional<Refusal> refusalOfLength(String length) {
    boolean fits =
        length.isEmpty()
            || (length.length() < LENGTH_OF_MAX_LONG && Long.parseLong(length) <= maxBytes());
    return fits ? Optional.empty() : Optional.of(refusal(Reason.ResponseTooLarge, "ContentLength"));
  }

  private long maxBytes() {
    return policy.get().maxBytes();
  }

  private Refusal refusal(Reason reason, String rule) {
    return new Refusal(403, reason, rule, host, PORT);
  }

  /** An answer that would not have begun under the new policy does not go on. */
  @Override
  public boolean isPermitted() {
    return !headSeen || (passed <= maxBytes() && refusalOfType().isEmpty());
  }
}
