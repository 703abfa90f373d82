package dev.bottle.crd.control;

import org.jspecify.annotations.Nullable;

/**
 * A refused fetch or push.
 *
 * @param upstream the name that the guest asked for: at most 63 characters (cut), without control
 *     characters (replaced)
 * @param ref the first one that is to blame, as the guest wrote it: at most 255 characters (cut),
 *     control characters replaced; null when none is
 * @param rule one word, such as {@code ForceNotAllowed} or {@code AwsAccessToken}
 * @param file in which a secret was found: at most 255 characters (cut), control characters
 *     replaced; null when it is in none, or when file names hold secrets themselves
 * @param secret whether a secret was found in what was refused
 */
public record GitDenial(
    String daemon,
    String upstream,
    @Nullable String ref,
    String rule,
    @Nullable String file,
    boolean secret)
    implements ControlMessage {
  private static final int MAX_NAME = 63;
  private static final int MAX_CHARACTERS = 255;

  /** Refuses malformed names. */
  public GitDenial {
    Spoken.daemon(daemon);
    upstream = Spoken.text("upstream", upstream, MAX_NAME);
    ref = ref == null ? null : Spoken.text("ref", ref, MAX_CHARACTERS);
    Spoken.word("rule", rule);
    file = file == null ? null : Spoken.text("file", file, MAX_CHARACTERS);
  }
}
