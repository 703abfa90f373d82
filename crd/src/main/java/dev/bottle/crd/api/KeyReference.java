package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Checked;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Required;

/** One key of a ConfigMap or Secret in the Bottle's namespace. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Checked.class, input = "name is ObjectName")
@SchemaCustomizer(value = Checked.class, input = "key is DataKey")
public record KeyReference(
    @Required
        @JsonPropertyDescription("The name of the ConfigMap or Secret in the Bottle's namespace.")
        String name,
    @Required @JsonPropertyDescription("The key in it, such as token.") String key) {}
