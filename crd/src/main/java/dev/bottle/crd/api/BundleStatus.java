package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.ListMap;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bundle Pod. pod, podUID, policyHash and guestHash are the operator's; daemons the agent's.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = ListMap.class, input = "daemons by name")
public record BundleStatus(
    @Size(max = 253) @JsonPropertyDescription("The name of the bundle Pod.") @Nullable String pod,
    @Size(max = 64) @JsonPropertyDescription("The UID of the current bundle Pod.")
        @Nullable String podUID,
    @Size(max = 64)
        @JsonPropertyDescription("The SHA-256 of the policy that the daemons must serve.")
        @Nullable String policyHash,
    @Size(max = 64)
        @JsonPropertyDescription("The SHA-256 of the guest files that must be provisioned.")
        @Nullable String guestHash,
    @Size(max = 16) @JsonPropertyDescription("What each daemon reported.")
        @Nullable List<DaemonStatus> daemons) {}
