package dev.bottle.crd.policy;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Where a token value is: the file {@code <tokens directory>/<name>}, which kubelet writes from one
 * key of a Secret. The value itself is in no policy.
 *
 * @param name such as {@code EGRESS_TOKEN_0}; also the file's name
 * @param secret the Secret's name, for people
 * @param key the key in it, for people
 */
public record TokenSlot(String name, String secret, String key) {
  private static final Pattern NAME = Pattern.compile("[A-Z][A-Z0-9_]{0,63}");
  private static final Pattern PRINTABLE = Pattern.compile("[!-~]{1,253}");

  /** Refuses absent parts and names that are no file's. */
  public TokenSlot {
    Objects.requireNonNull(name, "name is missing");
    Objects.requireNonNull(secret, "secret is missing");
    Objects.requireNonNull(key, "key is missing");
    if (!isName(name)) {
      throw new IllegalArgumentException("name is not a slot's name");
    }
    if (!PRINTABLE.matcher(secret).matches() || !PRINTABLE.matcher(key).matches()) {
      throw new IllegalArgumentException("secret and key must be names");
    }
  }

  /** Whether a slot may be called so. */
  public static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }
}
