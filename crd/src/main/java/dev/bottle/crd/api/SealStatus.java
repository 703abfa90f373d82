package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Formatted;
import dev.bottle.crd.schema.ListMap;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/**
 * The last proof of the seal: for exactly this Pod, this policy and this boot. Written by the
 * agent.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Formatted.class, input = "provenAt as date-time")
@SchemaCustomizer(value = ListMap.class, input = "probes by name")
public record SealStatus(
    @Required
        @Size(max = 64)
        @JsonPropertyDescription(
            "When this proof was first given. It is renewed every five minutes, which is not a"
                + " write.")
        String provenAt,
    @Required @Size(max = 64) @JsonPropertyDescription("The UID of the Pod that the proof is for.")
        String podUID,
    @Required
        @Size(max = 64)
        @JsonPropertyDescription("The hash of the policy that the proof is for.")
        String policyHash,
    @Required
        @Size(max = 64)
        @JsonPropertyDescription(
            "The boot that the proof is for: another Pod, policy or boot needs another proof.")
        String bootId,
    @Required
        @Size(max = 64)
        @JsonPropertyDescription("Each probe of host and guest, and what it found.")
        List<ProbeResult> probes) {}
