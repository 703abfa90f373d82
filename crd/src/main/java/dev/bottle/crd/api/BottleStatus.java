package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Formatted;
import dev.bottle.crd.schema.ListMap;
import dev.bottle.crd.schema.StandardConditions;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the operator and the node agent saw. Each field has one writer. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = ListMap.class, input = "conditions by type")
@SchemaCustomizer(value = ListMap.class, input = "requests by id")
@SchemaCustomizer(value = ListMap.class, input = "decisions by id")
@SchemaCustomizer(value = ListMap.class, input = "grants by approval")
@SchemaCustomizer(value = StandardConditions.class, input = "conditions")
@SchemaCustomizer(value = Formatted.class, input = "observedGeneration as int64")
public record BottleStatus(
    @Min(0) @JsonPropertyDescription("The generation of the spec that this status is about.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "A one-word summary for people, derived from the conditions; programs read the"
                + " conditions.")
        @Nullable Phase phase,
    @JsonPropertyDescription("Where the machine is. Written by the operator.")
        @Nullable Placement placement,
    @Size(max = 32)
        @JsonPropertyDescription(
            "Prepared, TLSReady, BundleReady, Booted, Provisioned, EgressSealed and AgentReachable"
                + " lead to Ready; RoutesReady says whether every route has its credential;"
                + " CanaryTripped that the guest tried to send its canary; Stalled says that"
                + " nothing will change without a person.")
        @Nullable List<Condition> conditions,
    @JsonPropertyDescription("The bundle Pod and its daemons.") @Nullable BundleStatus bundle,
    @JsonPropertyDescription("The microVM. Written by the node agent.")
        @Nullable MachineStatus machine,
    @JsonPropertyDescription("What the guest was given. Written by the node agent.")
        @Nullable ProvisionedStatus provisioned,
    @JsonPropertyDescription("The last proof of the seal. Written by the node agent.")
        @Nullable SealStatus seal,
    @JsonPropertyDescription("What egress refused. Absent while nothing was. Written by the agent.")
        @Nullable EgressStatus egress,
    @JsonPropertyDescription(
            "What git-gate refused. Absent while nothing was. Written by the agent.")
        @Nullable GitStatus git,
    @Size(max = 20)
        @JsonPropertyDescription(
            "What the agent asks people for and nobody decided. Written by the node agent.")
        @Nullable List<AgentRequest> requests,
    @Size(max = 20)
        @JsonPropertyDescription(
            "What people decided about open requests. Written by the operator.")
        @Nullable List<RequestDecision> decisions,
    @Size(max = 20)
        @JsonPropertyDescription("What people allowed for a while. Written by the operator.")
        @Nullable List<GrantStatus> grants,
    @Min(0)
        @JsonPropertyDescription(
            "How many requests wait for a person's decision: kubectl get bottleapprovals. Absent:"
                + " none. Written by the operator.")
        @Nullable Integer pendingRequests) {}
