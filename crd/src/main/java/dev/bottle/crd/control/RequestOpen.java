package dev.bottle.crd.control;

import dev.bottle.crd.request.Ask;
import dev.bottle.crd.request.PlainLine;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A request that nobody decided. Sent for each one on a new connection, and when it is made; which
 * of them are still open is {@link OpenRequests}' to say.
 *
 * @param id {@code r} and 16 lower-case letters or digits
 * @param ask what is asked for
 * @param reason the agent's, made one plain line of at most 2,000 characters
 * @param createdSeconds since the epoch
 * @param expiresSeconds since the epoch: after it, nobody may decide it
 */
public record RequestOpen(
    String daemon, String id, Ask ask, String reason, long createdSeconds, long expiresSeconds)
    implements ControlMessage {
  static final Pattern ID = Pattern.compile("r[a-z0-9]{16}");
  private static final int MAX_REASON = 2000;

  /** Refuses malformed names and ids; text becomes a plain line. */
  public RequestOpen {
    Spoken.daemon(daemon);
    Spoken.requestId(id);
    Objects.requireNonNull(ask, "ask is missing");
    reason = PlainLine.of(Objects.requireNonNull(reason, "reason is missing"), MAX_REASON);
  }
}
