package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Checked;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A plain environment variable of the guest; never a secret. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Checked.class, input = "name is EnvironmentName")
@SchemaCustomizer(value = Checked.class, input = "name is NotReserved")
@SchemaCustomizer(value = Checked.class, input = "value is Text")
public record EnvironmentVariable(
    @Required @JsonPropertyDescription("The name, such as LOG_LEVEL.") String name,
    @Required
        @Size(max = 8192)
        @JsonPropertyDescription(
            "The value, at most 8192 characters. Anybody who may read Bottles reads it.")
        String value) {}
