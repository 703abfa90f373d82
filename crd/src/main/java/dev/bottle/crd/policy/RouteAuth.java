package dev.bottle.crd.policy;

import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The one credential of a route.
 *
 * @param header the header of type {@link AuthType#Header}, null for the others; none that frames
 *     or routes the request
 * @param username of type {@link AuthType#Basic}, null for the others; no colon (RFC 7617, section
 *     2)
 * @param slot the name of the {@link TokenSlot} that holds the value
 */
public record RouteAuth(
    AuthType type, @Nullable String header, @Nullable String username, String slot) {
  private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9-]{1,128}");
  private static final Pattern USERNAME = Pattern.compile("[!-9;-~]{1,256}");
  private static final Set<String> FRAMING =
      Set.of(
          "host",
          "connection",
          "upgrade",
          "content-length",
          "transfer-encoding",
          "te",
          "trailer",
          "keep-alive",
          "proxy-authorization",
          "proxy-connection");

  /** Refuses what does not go with the type. */
  public RouteAuth {
    Objects.requireNonNull(type, "auth.type is missing");
    Objects.requireNonNull(slot, "auth.slot is missing");
    if (type == AuthType.Header ? !isHeader(header) : header != null) {
      throw new IllegalArgumentException("auth.header does not go with auth.type");
    }
    if (type == AuthType.Basic
        ? username == null || !USERNAME.matcher(username).matches()
        : username != null) {
      throw new IllegalArgumentException("auth.username does not go with auth.type");
    }
  }

  private static boolean isHeader(@Nullable String name) {
    return name != null
        && HEADER.matcher(name).matches()
        && FRAMING.stream().noneMatch(name::equalsIgnoreCase);
  }
}
