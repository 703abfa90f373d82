package dev.bottle.bundle.gitgate.door;

import org.jspecify.annotations.Nullable;

/** Is told of everything that is refused. */
@FunctionalInterface
public interface Denials {
  /**
   * Tells people.
   *
   * @param upstream the name that was asked for
   * @param rule one word
   * @param secret whether a secret was found in it
   */
  void tell(
      String upstream, @Nullable String ref, String rule, @Nullable String file, boolean secret);
}
