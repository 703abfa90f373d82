package dev.bottle.bundle.egress.exchange;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which targets mean the same to everybody who reads them: origin-form (RFC 9112, section 3.2.1)
 * whose path no server normalises to another one.
 */
final class RequestTarget {
  /** Printable US-ASCII, no space, no fragment. */
  private static final Pattern SAFE = Pattern.compile("[\\x21-\\x7e&&[^#]]+");

  /** Control bytes, also encoded ones, and a backslash that some take for a slash. */
  private static final Pattern UNSAFE_IN_PATH =
      Pattern.compile("\\\\|%5c|%[01][0-9a-f]|%7f|%(?![0-9a-f]{2})", Pattern.CASE_INSENSITIVE);

  /** {@code .} and {@code ..}, also encoded or with parameters, between real or encoded slashes. */
  private static final Pattern DOT_SEGMENT =
      Pattern.compile("(?:/|%2f)(?:\\.|%2e){1,2}(?:[/;]|%2f|%3b|$)", Pattern.CASE_INSENSITIVE);

  private RequestTarget() {}

  /** One word for what is wrong with it, empty when it is unambiguous. */
  static Optional<String> fault(String target) {
    if (!target.startsWith("/")) {
      return Optional.of("TargetNotOriginForm");
    }
    if (!SAFE.matcher(target).matches()) {
      return Optional.of("TargetNotPrintable");
    }
    int query = target.indexOf('?');
    String path = query < 0 ? target : target.substring(0, query);
    if (path.startsWith("//")
        || UNSAFE_IN_PATH.matcher(path).find()
        || DOT_SEGMENT.matcher(path).find()) {
      return Optional.of("TargetAmbiguous");
    }
    return Optional.empty();
  }
}
