package dev.bottle.bundle.egress.route;

import java.util.regex.Pattern;

/**
 * The path of a request, as it was sent.
 *
 * @param text without the query
 */
record RequestPath(String text) {
  /**
   * Where a server may see another path than was sent (RFC 3986, section 6.2.2): an encoded
   * character that needs no encoding, is a slash or a percent sign (for servers that decode twice),
   * an empty segment, parameters of a segment.
   */
  private static final Pattern NOT_CANONICAL =
      Pattern.compile(
          "//|;|%(?:2[5def]|3[0-9b]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])",
          Pattern.CASE_INSENSITIVE);

  /**
   * Of a target.
   *
   * @param target in origin-form (RFC 9112, section 3.2.1)
   */
  static RequestPath of(String target) {
    int query = target.indexOf('?');
    return new RequestPath(query < 0 ? target : target.substring(0, query));
  }

  /** Whether every server reads it alike. */
  boolean isCanonical() {
    return !NOT_CANONICAL.matcher(text).find();
  }

  /** Segment by segment: a slash at the prefix's end says nothing, as in a Kubernetes Ingress. */
  boolean isBelow(String prefix) {
    String segments = prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
    return text.startsWith(segments)
        && (text.length() == segments.length() || text.charAt(segments.length()) == '/');
  }
}
