package dev.bottle.crd.api;

import org.jspecify.annotations.Nullable;

/** One probe, in the guest or on the host. */
public record ProbeResult(String name, Verdict verdict, @Nullable String detail) {
  /**
   * Leaked: something got out or may have. Failed: the probe did not finish; the seal is not
   * proven.
   */
  public enum Verdict {
    Sealed,
    Leaked,
    Failed
  }
}
