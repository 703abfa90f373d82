package dev.bottle.bundle.egress.route;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The value of one slot. Not a record, so that nothing prints it by accident: only {@link #value}
 * gives it away.
 */
public final class Token {
  /** The longest value, in bytes; a head holds 48 KiB of headers. */
  static final int MAX_BYTES = 16 * 1024;

  /** What a header may hold (RFC 9110, section 5.5), US-ASCII, not beginning or ending in space. */
  private static final Pattern USABLE = Pattern.compile("[!-~]([ -~]*[!-~])?");

  private final String value;

  private Token(String value) {
    this.value = value;
  }

  /**
   * The token of a file's content: all of it but one line feed at the end. Empty when nothing is
   * left, or what no header may hold.
   */
  static Optional<Token> of(byte[] content) {
    String text = new String(content, StandardCharsets.ISO_8859_1);
    String value = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    return content.length <= MAX_BYTES && USABLE.matcher(value).matches()
        ? Optional.of(new Token(value))
        : Optional.empty();
  }

  /** The secret itself, US-ASCII. */
  public String value() {
    return value;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Token token && value.equals(token.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  /** Says nothing. */
  @Override
  public String toString() {
    return "Token";
  }
}
