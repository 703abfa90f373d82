package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Checked;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A host for which egress injects a credential. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Checked.class, input = "host is ExactHost")
@SchemaCustomizer(value = Checked.class, input = "paths[] is RequestPath")
@SchemaCustomizer(value = Checked.class, input = "methods[] is Method")
public record Route(
    @Required @JsonPropertyDescription("The host, exactly, such as api.anthropic.com.") String host,
    @Size(min = 1, max = 16)
        @JsonPropertyDescription(
            "Path prefixes that this route is for, such as /v1/messages. Default: every" + " path.")
        @Nullable List<String> paths,
    @Size(min = 1, max = 9)
        @JsonPropertyDescription(
            "Methods that this route is for, such as POST. Default: every method.")
        @Nullable List<String> methods,
    @Required @JsonPropertyDescription("The credential that egress sets.") RouteAuth auth) {}
