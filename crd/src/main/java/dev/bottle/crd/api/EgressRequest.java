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
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A host of the internet that an agent asked for. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Formatted.class, input = "ttlSeconds as int64")
public record EgressRequest(
    @Required @Size(max = 253) @JsonPropertyDescription("The host, exactly.") String host,
    @Size(max = 9) @JsonPropertyDescription("The methods that it is for. Default: every method.")
        @Nullable List<@Size(max = 16) String> methods,
    @Size(max = 256)
        @JsonPropertyDescription("The path prefix that it is for. Default: every path.")
        @Nullable String pathPrefix,
    @Required
        @Min(60)
        @Max(86400)
        @JsonPropertyDescription("For how many seconds, from the approval on.")
        long ttlSeconds) {}
