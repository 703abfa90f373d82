package dev.bottle.agent.preflight;

/** The second word of {@code smolvm --version}, e.g. {@code 1.32.2+standin.runc}. */
public record RuntimeVersion(String word) {
  /** The one version whose behaviour the driver knows (smolvm.md §12). */
  static final String DRIVEN = "1.32.2";

  private static final String STAND_IN = DRIVEN + "+standin.";

  /** Whether guests are containers here, not virtual machines. */
  public boolean isStandIn() {
    return word.startsWith(STAND_IN);
  }

  boolean isDriven() {
    return word.equals(DRIVEN) || isStandIn();
  }
}
