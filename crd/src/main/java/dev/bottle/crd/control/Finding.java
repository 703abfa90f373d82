package dev.bottle.crd.control;

import java.util.Objects;

/**
 * The inspection found something and the exchange went on. What it refuses is a {@link Denial}.
 *
 * @param host of the exchange: at most 255 characters (cut), without control characters (replaced)
 * @param rule that found it, one word, never what was found
 */
public record Finding(String daemon, String host, String rule, Action action)
    implements ControlMessage {
  private static final int MAX_HOST_CHARACTERS = 255;

  /** What was done. */
  public enum Action {
    /** It passed. */
    Observe,

    /** It was masked, and the rest passed. */
    Redact
  }

  /** Refuses malformed names and an absent action. */
  public Finding {
    Spoken.daemon(daemon);
    host = Spoken.text("host", host, MAX_HOST_CHARACTERS);
    Spoken.word("rule", rule);
    Objects.requireNonNull(action, "action is missing");
  }
}
