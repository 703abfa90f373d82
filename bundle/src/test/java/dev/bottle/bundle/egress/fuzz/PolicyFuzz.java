package dev.bottle.bundle.egress.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.policy.Policy;

/**
 * A document in place of a policy: it is refused in words, or means the same when written again.
 */
public final class PolicyFuzz {
  private PolicyFuzz() {}

  /** Jazzer's and the corpus' way in. */
  public static void fuzzerTestOneInput(byte[] input) {
    Policy policy;
    try {
      policy = Policy.parse(input);
    } catch (MalformedDocumentException refused) {
      assertThat(refused.getMessage()).isNotBlank();
      return;
    }
    try {
      assertThat(Policy.parse(policy.toJson())).isEqualTo(policy);
    } catch (MalformedDocumentException e) {
      throw new AssertionError("its own words are refused", e);
    }
  }
}
