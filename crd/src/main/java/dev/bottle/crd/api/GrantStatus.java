package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A host that a person allowed for a while, by a BottleApproval. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record GrantStatus(
    @Required @Size(max = 253) @JsonPropertyDescription("The BottleApproval; deleted, it ends.")
        String approval,
    @Required @Size(max = 253) @JsonPropertyDescription("The host.") String host,
    @Size(max = 9) @JsonPropertyDescription("The methods. Absent: every method.")
        @Nullable List<@Size(max = 16) String> methods,
    @Size(max = 256) @JsonPropertyDescription("The path prefix. Absent: every path.")
        @Nullable String pathPrefix,
    @Required @Size(max = 64) @JsonPropertyDescription("When egress ends it.") String notAfter) {}
