package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Formatted;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/**
 * What a person decided about a request. Never made by a program: admission refuses one of a
 * service account.
 *
 * @param requestHash of the request that the person read; another's is refused, so that nobody
 *     allows what took its place meanwhile
 * @param ttlSeconds of the grant, from when it was made; null for what was asked
 * @param decidedBy the person's user name, as the API server knows it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Formatted.class, input = "ttlSeconds as int64")
public record ApprovalDecision(
    @Required @JsonPropertyDescription("Approved or Denied.") Verdict verdict,
    @Required
        @Size(max = 64)
        @Pattern("[0-9a-f]{64}")
        @JsonPropertyDescription("spec.requestHash of what was read and is decided.")
        String requestHash,
    @Size(max = 2000)
        @JsonPropertyDescription(
            "What the agent is told, one line: the answer to a question. Never a credential.")
        @Nullable String note,
    @Min(60)
        @Max(86400)
        @JsonPropertyDescription(
            "For how many seconds an egress request is granted, at most what was asked for."
                + " Default: what was asked for.")
        @Nullable Long ttlSeconds,
    @Required
        @Size(min = 1, max = 1024)
        @JsonPropertyDescription(
            "The user name of who decides: kubectl auth whoami. Another's is refused.")
        String decidedBy) {}
