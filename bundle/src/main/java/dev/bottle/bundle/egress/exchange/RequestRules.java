package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.crd.condition.Reason;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What the head of a request inside a tunnel must look like. */
public final class RequestRules {
  private static final int BAD_REQUEST = 400;
  private static final int REQUEST_TIMEOUT = 408;
  private static final int MISDIRECTED = 421;
  private static final int HEAD_TOO_LARGE = 431;
  private static final int PORT = 443;

  /** Methods are case-sensitive (RFC 9110, section 9.1), and some servers forget it. */
  private static final Pattern METHOD = Pattern.compile("[A-Z][A-Z-]{0,31}");

  /** TRACE and TRACK show a request's credentials to who sent it; CONNECT is a tunnel. */
  private static final Set<HttpMethod> REFUSED_METHODS =
      Set.of(HttpMethod.CONNECT, HttpMethod.TRACE, HttpMethod.valueOf("TRACK"));

  private RequestRules() {}

  /** Why the tunnel to this host does not take this head; empty when it does. */
  static Optional<Refusal> refusal(HttpRequest head, String host) {
    Optional<Refusal> undecodable = undecodable(head.decoderResult(), host, PORT);
    if (undecodable.isPresent()) {
      return undecodable;
    }
    if (!head.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
      return malformed("VersionNotHttp11", host);
    }
    if (!METHOD.matcher(head.method().name()).matches()
        || REFUSED_METHODS.contains(head.method())) {
      return malformed("MethodRefused", host);
    }
    List<String> hosts = head.headers().getAll(HttpHeaderNames.HOST);
    if (hosts.size() != 1) {
      return malformed("HostNotOnce", host);
    }
    if (!hosts.getFirst().equalsIgnoreCase(host)
        && !hosts.getFirst().equalsIgnoreCase(host + ":" + PORT)) {
      return Optional.of(
          new Refusal(MISDIRECTED, Reason.HostMismatch, "HostHeader", hosts.getFirst(), PORT));
    }
    if (!framed(head.headers())) {
      return malformed("TransferEncodingNotChunked", host);
    }
    return RequestTarget.fault(head.uri()).flatMap(fault -> malformed(fault, host));
  }

  /** For a head that has begun and does not end. */
  public static Refusal late(String host, int port) {
    return new Refusal(REQUEST_TIMEOUT, Reason.RequestTimeout, "HeadTimeout", host, port);
  }

  /** Why this cannot be decoded; empty when it was. */
  public static Optional<Refusal> undecodable(DecoderResult result, String host, int port) {
    if (result.isSuccess()) {
      return Optional.empty();
    }
    boolean tooLong = result.cause() instanceof TooLongFrameException;
    return Optional.of(
        new Refusal(
            tooLong ? HEAD_TOO_LARGE : BAD_REQUEST,
            Reason.RequestMalformed,
            tooLong ? "HeadTooLarge" : "NotHttp",
            host,
            port));
  }

  /** No coding but {@code chunked}, once (RFC 9112, section 6.1): nobody may read it otherwise. */
  private static boolean framed(HttpHeaders headers) {
    List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
    return codings.isEmpty()
        || (codings.size() == 1
            && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.getFirst()));
  }

  private static Optional<Refusal> malformed(String rule, String host) {
    return Optional.of(new Refusal(BAD_REQUEST, Reason.RequestMalformed, rule, host, PORT));
  }
}
