package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Formatted;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What egress refused to the guest, and what its inspection let pass. Written by the agent, at most
 * every ten seconds.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Formatted.class, input = "denied as int64")
@SchemaCustomizer(value = Formatted.class, input = "observed as int64")
@SchemaCustomizer(value = Formatted.class, input = "redacted as int64")
public record EgressStatus(
    @Required
        @Min(0)
        @JsonPropertyDescription(
            "How many requests were refused in this Bottle's life, as far as its agent heard.")
        long denied,
    @Required
        @Size(max = MAX_LAST)
        @JsonPropertyDescription(
            "The last few of them, the newest first, one for each host, port" + " and rule.")
        List<DeniedHost> lastDenied,
    @Min(0)
        @JsonPropertyDescription(
            "In how many exchanges the inspection found something that onMatch: Observe or"
                + " injectionPatterns: Observe let pass, counted for each rule.")
        @Nullable Long observed,
    @Min(0)
        @JsonPropertyDescription(
            "In how many exchanges it found something that onMatch: Redact masked before the rest"
                + " passed, counted for each rule.")
        @Nullable Long redacted,
    @Size(max = MAX_LAST)
        @JsonPropertyDescription(
            "The last few findings that passed or were masked, the newest first, one for each"
                + " host, rule and action.")
        @Nullable List<InspectionFinding> lastFindings) {
  /** How many of the last denials, and of the last findings, are told. */
  public static final int MAX_LAST = 5;
}
