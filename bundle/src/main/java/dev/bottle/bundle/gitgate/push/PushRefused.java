package dev.bottle.bundle.gitgate.push;

import org.jspecify.annotations.Nullable;

/** A push is refused, as a whole. Says why, never what was found. */
public final class PushRefused extends Exception {
  private static final long serialVersionUID = 1;

  private final String rule;
  private final @Nullable String ref;
  private final @Nullable String file;
  private final boolean secret;

  /**
   * Refuses what holds no secret, as far as was looked.
   *
   * @param rule one word
   * @param ref that is to blame, null when none is
   * @param message for whoever pushes: what to do
   */
  PushRefused(String rule, @Nullable String ref, String message) {
    this(rule, ref, null, false, message);
  }

  private PushRefused(
      String rule, @Nullable String ref, @Nullable String file, boolean secret, String message) {
    super(message);
    this.rule = rule;
    this.ref = ref;
    this.file = file;
    this.secret = secret;
  }

  /**
   * A secret was found.
   *
   * @param rule that found it
   * @param file in which, null when there is none to name
   * @param message for whoever pushes: what to do
   */
  static PushRefused ofSecret(String rule, @Nullable String file, String message) {
    return new PushRefused(rule, null, file, true, message);
  }

  /** What the daemon itself is to blame for. */
  static PushRefused unchecked(String what) {
    return new PushRefused(
        "NotChecked", null, what + ", so the push could not be checked; try again");
  }

  /** The same without the ref: its name is a secret itself. */
  PushRefused withoutRef() {
    return new PushRefused(rule, null, file, secret, getMessage());
  }

  /** One word. */
  public String rule() {
    return rule;
  }

  /** The ref that is to blame. */
  public @Nullable String ref() {
    return ref;
  }

  /** Where a secret was found. */
  public @Nullable String file() {
    return file;
  }

  /** Whether a secret was found. */
  public boolean isSecret() {
    return secret;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
