package dev.bottle.system.adversarial.internet;

/**
 * Something that reached the internet.
 *
 * @param sink the address and port that was reached
 * @param connection its number, 0 for a query
 * @param text of Bytes: one ISO-8859-1 character a byte, after TLS where the sink speaks it; of a
 *     Query: the name
 */
public record SinkEvent(Kind kind, String sink, int connection, String text) {
  /** What it was. */
  public enum Kind {
    /** A TCP connection was accepted. */
    Opened,
    /** Bytes came on it. */
    Bytes,
    /** A name was asked for. */
    Query
  }
}
