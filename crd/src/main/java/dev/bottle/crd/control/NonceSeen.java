package dev.bottle.crd.control;

/**
 * The guest reached this daemon through its door with this nonce.
 *
 * @param nonce 32 lower-case hex digits
 */
public record NonceSeen(String daemon, String nonce) implements ControlMessage {
  /** Refuses malformed names and nonces. */
  public NonceSeen {
    Spoken.daemon(daemon);
    Spoken.hex("nonce", nonce, 32);
  }
}
