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

/**
 * What git-gate refused to the guest. Written by the agent, at most every ten seconds. Never holds
 * what was found.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Formatted.class, input = "denied as int64")
public record GitStatus(
    @Required
        @Min(0)
        @JsonPropertyDescription(
            "How many fetches and pushes were refused in this Bottle's life, as far as its agent"
                + " heard.")
        long denied,
    @Required
        @Size(max = 2 * MAX_LAST)
        @JsonPropertyDescription(
            "The last few of them, one for each upstream, ref, rule and file: first those in which"
                + " a secret was found, then the others, the newest first.")
        List<DeniedGitRequest> lastDenied) {
  /** How many of the last denials of either kind are told. */
  public static final int MAX_LAST = 5;
}
