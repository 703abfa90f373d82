package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** What the guest was given. Written by the agent. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ProvisionedStatus(
    @Required
        @Size(max = 128)
        @JsonPropertyDescription("The digest of everything that was written, such as sha256:<hex>.")
        String digest,
    @Required
        @Size(max = 64)
        @JsonPropertyDescription("The hash of the guest files that were written.")
        String guestHash,
    @Required @Size(max = 64) @JsonPropertyDescription("The UID of the Pod that they came from.")
        String podUID,
    @Required @Size(max = 64) @JsonPropertyDescription("The boot that they were written in.")
        String bootId) {}
