package dev.bottle.bundle.egress.response;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What a Content-Type says (RFC 9110, section 8.3.1) but its parameters.
 *
 * @param type lower case
 * @param subtype lower case
 */
record MediaType(String type, String subtype) {
  /** Text that does not say so in its first word. */
  private static final Set<String> TEXT =
      Set.of("json", "xml", "javascript", "x-javascript", "x-ndjson", "yaml", "x-yaml", "toml");

  /** Empty for what is none. */
  static Optional<MediaType> parse(String header) {
    String essence = header.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    int slash = essence.indexOf('/');
    return slash <= 0 || slash == essence.length() - 1 || essence.indexOf('/', slash + 1) >= 0
        ? Optional.empty()
        : Optional.of(new MediaType(essence.substring(0, slash), essence.substring(slash + 1)));
  }

  /** Of these, where {@code text/*} is every subtype. */
  boolean isOneOf(List<String> types) {
    return types.contains(type + "/" + subtype) || types.contains(type + "/*");
  }

  /** Whether a model may read it as words. */
  boolean isText() {
    return type.equals("text")
        || TEXT.contains(subtype)
        || subtype.endsWith("+json")
        || subtype.endsWith("+xml");
  }
}
