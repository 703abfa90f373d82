package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Formatted;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A host that the guest asked for and did not get. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Formatted.class, input = "lastSeen as date-time")
public record DeniedHost(
    @Required @Size(max = 255) @JsonPropertyDescription("As the guest wrote it.") String host,
    @Required @Min(0) @Max(65535) @JsonPropertyDescription("The port; 0 when it named none.")
        int port,
    @Required
        @Size(max = 64)
        @JsonPropertyDescription("Why, one of the reasons of docs/reasons.md.")
        String rule,
    @Required @Size(max = 64) @JsonPropertyDescription("When it was refused last.")
        String lastSeen) {}
