package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** A person's decision about an open request, on its way to the agent's daemon. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record RequestDecision(
    @Required @Size(max = 17) @JsonPropertyDescription("The request's id.") String id,
    @Required
        @Size(max = 64)
        @JsonPropertyDescription("SHA-256 of exactly what was decided, 64 hex digits.")
        String hash,
    @Required @JsonPropertyDescription("Approved or Denied.") Verdict verdict,
    @Size(max = 2001) @JsonPropertyDescription("What the person wrote.") @Nullable String note) {}
