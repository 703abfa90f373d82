package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A git upstream that an agent asked for. A person puts it into spec.git.upstreams, or does not.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record GitRequest(
    @Required @Size(max = 512) @JsonPropertyDescription("The upstream's URL.") String url,
    @Size(max = 8) @JsonPropertyDescription("The refs that the agent wants to push.")
        @Nullable List<@Size(max = 255) String> refs) {}
