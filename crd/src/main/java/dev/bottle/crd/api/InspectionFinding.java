package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Formatted;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** What the inspection found and let go on. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Formatted.class, input = "lastSeen as date-time")
public record InspectionFinding(
    @Required @Size(max = 255) @JsonPropertyDescription("The host of the exchange.") String host,
    @Required
        @Size(max = 64)
        @JsonPropertyDescription("What found it, such as GitHubToken; never what was found.")
        String rule,
    @Required
        @JsonPropertyDescription(
            "What was done: Observe let it pass, Redact masked it and let the rest pass.")
        Action action,
    @Required @Size(max = 64) @JsonPropertyDescription("When it was found last.") String lastSeen) {
  /** What was done. */
  public enum Action {
    /** It passed. */
    Observe,
    /** It was masked, and the rest passed. */
    Redact
  }
}
