package dev.bottle.crd.admin;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A registry that an admin names, exactly as image references name it, with its port: {@code
 * registry.example:5000}, {@code 127.0.0.1:5000}, {@code [::1]:5000}.
 *
 * @param host lower case; a literal IPv6 address in brackets
 */
public record RegistryAddress(String host, int port) {
  private static final Pattern SYNTAX =
      Pattern.compile("([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\\[[0-9a-f:.]{2,45}]):([0-9]{1,5})");
  private static final int MAX_PORT = 65_535;

  /**
   * Parses one entry.
   *
   * @throws IllegalArgumentException when it is not host:port; the message says what is expected
   */
  public static RegistryAddress parse(String text) {
    Matcher matcher = SYNTAX.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches() || !isPort(matcher.group(3))) {
      throw new IllegalArgumentException(
          "'" + text + "' is not host:port, as in registry.example:5000");
    }
    return new RegistryAddress(matcher.group(1), Integer.parseInt(matcher.group(3)));
  }

  private static boolean isPort(String digits) {
    int port = Integer.parseInt(digits);
    return port >= 1 && port <= MAX_PORT;
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
