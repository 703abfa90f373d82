package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Formatted;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/**
 * Where the machine is. Written by the operator; the epoch rises only when the former machine is
 * known to be gone.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Formatted.class, input = "epoch as int64")
public record Placement(
    @Required @Size(max = 253) @JsonPropertyDescription("The node of the machine.") String nodeName,
    @Required
        @Size(max = 64)
        @JsonPropertyDescription("The node's UID: another node of the same name is another node.")
        String nodeUID,
    @Required
        @Min(0)
        @JsonPropertyDescription("Rises only when the former machine is known to be gone.")
        long epoch) {}
