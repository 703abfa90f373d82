package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one daemon reported over its control socket. podUID says of which Pod. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record DaemonStatus(
    @Required @Size(max = 63) @JsonPropertyDescription("The daemon, such as egress.") String name,
    @Required @JsonPropertyDescription("Whether it serves.") boolean ready,
    @Required @Size(max = 64) @JsonPropertyDescription("The UID of the Pod that it runs in.")
        String podUID,
    @Size(max = 64) @JsonPropertyDescription("The SHA-256 of the policy that it serves.")
        @Nullable String policyHash,
    @Size(max = 128) @JsonPropertyDescription("Why it does not serve, or keeps a former policy.")
        @Nullable String reason,
    @Size(max = 4096) @JsonPropertyDescription("What it says about that.") @Nullable String message,
    @Size(max = 256)
        @JsonPropertyDescription(
            "Token slots of its policy without a value; RoutesReady names their Secrets.")
        @Nullable List<String> emptySlots) {}
