package dev.bottle.crd.control;

import java.util.Objects;
import java.util.regex.Pattern;

/** What a daemon says, made fit for a status, a log line and a terminal. */
final class Spoken {
  private static final Pattern DAEMON = Pattern.compile("[a-z]([a-z-]{0,30}[a-z])?");
  private static final Pattern WORD = Pattern.compile("[A-Za-z][A-Za-z0-9]{0,63}");
  private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

  private Spoken() {}

  static String daemon(String value) {
    return matching(DAEMON, "daemon", value);
  }

  static String word(String field, String value) {
    return matching(WORD, field, value);
  }

  static String hex(String field, String value, int digits) {
    return matching(Pattern.compile("[0-9a-f]{" + digits + "}"), field, value);
  }

  static String requestId(String value) {
    return matching(RequestOpen.ID, "id", value);
  }

  /** Cut, and with every control character (escape sequences, line ends) replaced. */
  static String text(String field, String value, int maxCharacters) {
    String cut =
        Objects.requireNonNull(value, field + " is missing")
            .substring(0, Math.min(value.length(), maxCharacters));
    return UNPRINTABLE.matcher(cut).replaceAll("?");
  }

  private static String matching(Pattern pattern, String field, String value) {
    if (value == null || !pattern.matcher(value).matches()) {
      throw new IllegalArgumentException(field + " is missing or malformed");
    }
    return value;
  }
}
