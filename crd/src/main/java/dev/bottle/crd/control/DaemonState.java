package dev.bottle.crd.control;

import org.jspecify.annotations.Nullable;

/**
 * Sent first on each connection and at every change.
 *
 * @param ready whether the daemon serves
 * @param policyHash of the policy that it serves, 64 hex digits; null before the first
 * @param reason one word, a {@link dev.bottle.crd.condition.Reason} where it is one of ours; null
 *     when there is nothing to say
 * @param message for people, at most 4096 characters (cut), without control characters (replaced)
 */
public record DaemonState(
    String daemon,
    boolean ready,
    @Nullable String policyHash,
    @Nullable String reason,
    @Nullable String message)
    implements ControlMessage {
  private static final int MAX_MESSAGE_CHARACTERS = 4096;

  /** Refuses malformed names and hashes. */
  public DaemonState {
    Spoken.daemon(daemon);
    if (policyHash != null) {
      Spoken.hex("policyHash", policyHash, 64);
    }
    if (reason != null) {
      Spoken.word("reason", reason);
    }
    if (message != null) {
      message = Spoken.text("message", message, MAX_MESSAGE_CHARACTERS);
    }
  }
}
