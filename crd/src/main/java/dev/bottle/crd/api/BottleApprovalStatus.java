package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Formatted;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/**
 * What the operator made of a BottleApproval. Written by the operator only, and what it acts on: a
 * decision has no effect before it is recorded here.
 *
 * @param reason a {@link dev.bottle.crd.condition.Reason}
 * @param decidedAt when the API server took the decision, RFC 3339; null while there is none
 * @param notAfter when the grant ends, RFC 3339; null when there is none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Formatted.class, input = "observedGeneration as int64")
public record BottleApprovalStatus(
    @Min(0) @JsonPropertyDescription("The generation that this status is about.")
        @Nullable Long observedGeneration,
    @Required @JsonPropertyDescription("How far it is.") ApprovalPhase phase,
    @Size(max = 64)
        @JsonPropertyDescription("Why, in one word; docs/reasons.md has cause and remedy.")
        @Nullable String reason,
    @Size(max = 1024) @JsonPropertyDescription("Why, for people.") @Nullable String message,
    @Size(max = 64) @JsonPropertyDescription("When the decision was made.")
        @Nullable String decidedAt,
    @Size(max = 64) @JsonPropertyDescription("When the grant ends.") @Nullable String notAfter) {}
