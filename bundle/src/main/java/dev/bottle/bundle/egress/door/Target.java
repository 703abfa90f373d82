package dev.bottle.bundle.egress.door;

import io.netty.util.AsciiString;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a CONNECT asks for.
 *
 * @param host in lower case, of which only US-ASCII letters have one; may be anything printable
 * @param port 1 to 65535
 */
record Target(String host, int port) {
  private static final Pattern AUTHORITY = Pattern.compile("([\\x21-\\x7e]+):([0-9]{1,5})");
  private static final Pattern PROBE = Pattern.compile("([0-9a-f]{32})\\.probe\\.bottle\\.invalid");
  private static final int HTTPS = 443;
  private static final int MAX_PORT = 65535;

  /** Empty when it is not {@code host:port} (RFC 9112, section 3.2.3). */
  static Optional<Target> parse(String authority) {
    Matcher matcher = AUTHORITY.matcher(authority);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int port = Integer.parseInt(matcher.group(2));
    return port == 0 || port > MAX_PORT
        ? Optional.empty()
        : Optional.of(new Target(AsciiString.of(matcher.group(1)).toLowerCase().toString(), port));
  }

  boolean isHttps() {
    return port == HTTPS;
  }

  /** The nonce of a seal probe, docs/contracts.md. */
  Optional<String> nonce() {
    Matcher matcher = PROBE.matcher(host);
    return isHttps() && matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }
}
