package dev.bottle.bundle.supervise.request;

import dev.bottle.crd.request.Ask;
import dev.bottle.crd.request.PlainLine;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request as it is kept, one file each.
 *
 * @param version of the file's format, {@link #VERSION}
 * @param id made by us: {@code r} and 16 lower-case letters and digits
 * @param createdSeconds since the epoch
 * @param expiresSeconds since the epoch: after it, nobody may decide it
 * @param reason the agent's, one plain line
 * @param note the person's, one plain line; null while there is none
 */
public record Request(
    int version,
    String id,
    long createdSeconds,
    long expiresSeconds,
    Ask ask,
    String reason,
    State state,
    @Nullable String note) {
  /** The only version there is. */
  public static final int VERSION = 1;

  static final int MAX_REASON = 2000;
  private static final Pattern ID = Pattern.compile("r[a-z0-9]{16}");

  /** What became of it. */
  public enum State {
    /** Nobody has decided. */
    Pending,
    /** A person said yes, or answered. */
    Approved,
    /** A person said no. */
    Denied,
    /** Nobody decided in time. */
    Expired,
    /** The agent took it back. */
    Withdrawn
  }

  /** Refuses what is no request; text becomes a plain line. */
  public Request {
    if (version != VERSION) {
      throw new IllegalArgumentException("version must be " + VERSION);
    }
    if (!isId(Objects.requireNonNull(id, "id is missing"))) {
      throw new IllegalArgumentException("id is none");
    }
    Objects.requireNonNull(ask, "ask is missing");
    Objects.requireNonNull(state, "state is missing");
    reason = PlainLine.of(Objects.requireNonNull(reason, "reason is missing"), MAX_REASON);
    note = note == null ? null : PlainLine.of(note, MAX_REASON);
  }

  /** Whether this can be the id of one. */
  public static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** Of exactly what is asked: a decision is about this and nothing else. */
  public String hash() {
    return ask.hash();
  }

  Request as(State next, @Nullable String words) {
    return new Request(version, id, createdSeconds, expiresSeconds, ask, reason, next, words);
  }
}
