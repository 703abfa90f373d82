package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/**
 * A request of an agent that nobody decided. Exactly one of egress, git and question is there. The
 * text in it is the agent's: data, one plain line each.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record AgentRequest(
    @Required @Size(max = 17) @JsonPropertyDescription("The request's id.") String id,
    @Required
        @Size(max = 64)
        @JsonPropertyDescription("SHA-256 of exactly what is asked for, 64 hex digits.")
        String hash,
    @JsonPropertyDescription("The host that is asked for.") @Nullable EgressRequest egress,
    @JsonPropertyDescription("The git upstream that is asked for.") @Nullable GitRequest git,
    @JsonPropertyDescription("The question that is asked.") @Nullable HumanQuestion question,
    @Required @Size(max = 2001) @JsonPropertyDescription("The agent's reason, one line.")
        String reason,
    @Required @Size(max = 64) @JsonPropertyDescription("When it was asked.") String requestedAt,
    @Required @Size(max = 64) @JsonPropertyDescription("Until when it may be decided.")
        String expiresAt) {}
