package dev.bottle.crd.control;

import dev.bottle.crd.policy.TokenSlot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sent first on each connection and at every change.
 *
 * @param ready whether the daemon serves
 * @param policyHash of the policy that it serves, 64 hex digits; null before the first
 * @param reason one word, a {@link dev.bottle.crd.condition.Reason} where it is one of ours; null
 *     when there is nothing to say
 * @param message for people, at most 4096 characters (cut), without control characters (replaced)
 * @param emptySlots names of the token slots without a value, at most 256, sorted; a daemon that
 *     does not know of slots names none
 */
public record DaemonState(
    String daemon,
    boolean ready,
    @Nullable String policyHash,
    @Nullable String reason,
    @Nullable String message,
    List<String> emptySlots)
    implements ControlMessage {
  private static final int MAX_SLOTS = 256;
  private static final int MAX_MESSAGE_CHARACTERS = 4096;

  /** Refuses malformed names and hashes; sorts. */
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
    emptySlots = emptySlots == null ? List.of() : emptySlots.stream().sorted().distinct().toList();
    if (emptySlots.size() > MAX_SLOTS || !emptySlots.stream().allMatch(TokenSlot::isName)) {
      throw new IllegalArgumentException("emptySlots is malformed");
    }
  }
}
