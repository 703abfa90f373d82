package dev.bottle.agent.seal;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Numbers that the guest is asked to carry to egress, and which of them arrived. */
public final class Nonces {
  private static final int NONCE_BYTES = 16;

  private final SecureRandom random = new SecureRandom();
  private final Map<String, CompletableFuture<String>> expected = new ConcurrentHashMap<>();

  /** None is expected yet. */
  public Nonces() {}

  /**
   * One number, used once.
   *
   * @param confirmed completes with the UID of the Pod whose egress saw it
   */
  public record Expectation(String nonce, CompletableFuture<String> confirmed) {}

  /** Draws a number and expects it until {@link #forget}. */
  public Expectation expect() {
    byte[] bytes = new byte[NONCE_BYTES];
    random.nextBytes(bytes);
    Expectation expectation =
        new Expectation(HexFormat.of().formatHex(bytes), new CompletableFuture<>());
    expected.put(expectation.nonce(), expectation.confirmed());
    return expectation;
  }

  /** Egress of that Pod saw this number; unknown ones are ignored. */
  public void seen(String podUid, String nonce) {
    CompletableFuture<String> confirmed = expected.get(nonce);
    if (confirmed != null) {
      confirmed.complete(podUid);
    }
  }

  /** Stops expecting it. */
  public void forget(Expectation expectation) {
    expected.remove(expectation.nonce());
  }
}
