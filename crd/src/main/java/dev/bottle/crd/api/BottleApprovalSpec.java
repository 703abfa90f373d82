package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/**
 * What is asked for, as it was when the operator read it. Never changed. The text in it is the
 * agent's: data, one plain line each.
 *
 * @param requestHash SHA-256 of {@code egress}, {@code git} or {@code question} in the form of
 *     {@link dev.bottle.crd.request.Ask}
 * @param requestedAt RFC 3339
 * @param expiresAt RFC 3339
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "self == oldSelf",
    message = "is what was asked for and cannot be changed; set decision")
@ValidationRule(
    value =
        "has(self.egress) == (self.kind == 'Egress') && has(self.git) == (self.kind == 'Git') &&"
            + " has(self.question) == (self.kind == 'Question')",
    message = "must have exactly one of egress, git and question, the one that kind names")
public record BottleApprovalSpec(
    @Required @Size(max = 40) @JsonPropertyDescription("The Bottle whose agent asks.")
        String bottleName,
    @Required @Size(max = 64) @JsonPropertyDescription("The UID of that Bottle.") String bottleUid,
    @Required @Size(max = 17) @JsonPropertyDescription("The request's id.") String requestId,
    @Required
        @Size(max = 64)
        @JsonPropertyDescription("SHA-256 of exactly what is asked for, 64 hex digits.")
        String requestHash,
    @Required @JsonPropertyDescription("Which of egress, git and question is there.")
        RequestKind kind,
    @JsonPropertyDescription("The host that is asked for.") @Nullable EgressRequest egress,
    @JsonPropertyDescription(
            "The git upstream that is asked for. Approval only tells the agent; the upstream is"
                + " added to spec.git.upstreams of the Bottle by a person.")
        @Nullable GitRequest git,
    @JsonPropertyDescription("The question that is asked; decision.note is the answer.")
        @Nullable HumanQuestion question,
    @Required
        @Size(max = 2001)
        @JsonPropertyDescription(
            "The agent's reason, one line. It is the agent's word and proves nothing.")
        String reason,
    @Required @Size(max = 64) @JsonPropertyDescription("When it was asked.") String requestedAt,
    @Required
        @Size(max = 64)
        @JsonPropertyDescription("Until when it may be decided; a later decision has no effect.")
        String expiresAt) {}
