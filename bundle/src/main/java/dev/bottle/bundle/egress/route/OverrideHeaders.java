package dev.bottle.bundle.egress.route;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;

/** Headers with which some servers do another thing than the request line says. */
public final class OverrideHeaders {
  private static final List<String> METHODS =
      List.of("x-http-method-override", "x-http-method", "x-method-override");
  private static final List<String> TARGETS = List.of("x-original-url", "x-rewrite-url");

  private OverrideHeaders() {}

  /** Whether the method may be another. */
  public static boolean ofMethod(HttpHeaders headers) {
    return METHODS.stream().anyMatch(headers::contains);
  }

  /** Whether method or target may be another. */
  static boolean ofAny(HttpHeaders headers) {
    return ofMethod(headers) || TARGETS.stream().anyMatch(headers::contains);
  }
}
