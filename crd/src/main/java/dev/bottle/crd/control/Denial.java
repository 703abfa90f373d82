package dev.bottle.crd.control;

/**
 * A refused request.
 *
 * @param host what the guest asked for: at most 255 characters (cut), without control characters
 *     (replaced), otherwise as the guest wrote it
 * @param port 0 when there was none
 * @param rule one word, such as {@code HostNotAllowed}
 */
public record Denial(String daemon, String host, int port, String rule) implements ControlMessage {
  private static final int MAX_HOST_CHARACTERS = 255;

  /** Refuses malformed names and ports. */
  public Denial {
    Spoken.daemon(daemon);
    host = Spoken.text("host", host, MAX_HOST_CHARACTERS);
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port must be 0 to 65535");
    }
    Spoken.word("rule", rule);
  }
}
