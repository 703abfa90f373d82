package dev.bottle.crd.policy;

import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Which answers reach the guest.
 *
 * @param maxBytes of a body as it is on the wire, so a compressed one counts compressed
 * @param contentTypes media types such as {@code text/html} or {@code text/*}, lower case; empty
 *     for every type
 * @param injectionPatterns whether text is searched for orders to a model
 */
public record ResponsePolicy(
    long maxBytes, List<String> contentTypes, InjectionPatterns injectionPatterns) {
  /**
   * What an answer may have when nobody says otherwise: more than any package or repository that a
   * coding agent gets, and less than the disk that a guest has by default.
   */
  public static final long DEFAULT_MAX_BYTES = 8L * 1024 * 1024 * 1024;

  /** Nobody said anything. */
  public static final ResponsePolicy DEFAULT =
      new ResponsePolicy(DEFAULT_MAX_BYTES, List.of(), InjectionPatterns.None);

  /** RFC 6838, section 4.2, in lower case, in words that RE2 (the CRD's rule) and Java share. */
  public static final String TYPE_GRAMMAR =
      "^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/([*]|[a-z0-9][a-z0-9!#$&^_.+-]{0,126})$";

  private static final Pattern TYPE = Pattern.compile(TYPE_GRAMMAR);

  /** Copies; refuses absent parts and what is no media type. */
  public ResponsePolicy {
    if (maxBytes < 1) {
      throw new IllegalArgumentException("maxBytes must be 1 or more");
    }
    contentTypes = List.copyOf(Objects.requireNonNull(contentTypes, "contentTypes is missing"));
    Objects.requireNonNull(injectionPatterns, "injectionPatterns is missing");
    if (contentTypes.stream().anyMatch(type -> !TYPE.matcher(type).matches())) {
      throw new IllegalArgumentException("contentTypes holds what is no media type");
    }
  }
}
