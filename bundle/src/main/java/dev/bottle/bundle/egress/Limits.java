package dev.bottle.bundle.egress;

import java.time.Duration;

/**
 * What one guest may hold and how long anything may take.
 *
 * @param connections open connections on the door, tunnels or not yet
 * @param tunnels accepted CONNECTs at once
 * @param firstHead from a connection to its CONNECT, from the TLS handshake to the first head, and
 *     from the first byte of a later head to its end
 * @param connect to one upstream address
 * @param handshake of TLS, on either side
 * @param responseHead from the end of a request to the head of its response
 * @param idle without a byte on the guest's side
 * @param linger how long a guest may go on sending a request that is already answered
 */
public record Limits(
    int connections,
    int tunnels,
    Duration firstHead,
    Duration connect,
    Duration handshake,
    Duration responseHead,
    Duration idle,
    Duration linger) {
  /** In production. */
  public static final Limits DEFAULT =
      new Limits(
          256,
          128,
          Duration.ofSeconds(60),
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(600),
          Duration.ofSeconds(660),
          Duration.ofSeconds(5));
}
