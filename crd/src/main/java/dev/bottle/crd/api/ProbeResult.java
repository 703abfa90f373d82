package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** One probe, in the guest or on the host. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ProbeResult(
    @Required @Size(max = 63) @JsonPropertyDescription("What was probed, such as routes.")
        String name,
    @Required
        @JsonPropertyDescription(
            "Sealed: nothing got out. Leaked: something got out or may have. Failed: the"
                + " probe did not finish.")
        Verdict verdict,
    @Size(max = 1024) @JsonPropertyDescription("What was seen.") @Nullable String detail) {
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
