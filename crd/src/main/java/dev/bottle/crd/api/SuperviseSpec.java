package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;

/** Whether the agent may ask people for permissions. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record SuperviseSpec(
    @Default("false")
        @JsonPropertyDescription(
            "Whether the agent may ask people for permissions: its requests are BottleApprovals"
                + " that people decide. Default: false.")
        boolean enabled) {}
