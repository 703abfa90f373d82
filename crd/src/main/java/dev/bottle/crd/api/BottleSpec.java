package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Checked;
import dev.bottle.crd.schema.Described;
import dev.bottle.crd.schema.LabelValues;
import dev.bottle.crd.schema.ListMap;
import dev.bottle.crd.schema.Tolerations;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a person asks for. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Checked.class, input = "image is ImageReference")
@SchemaCustomizer(value = ListMap.class, input = "imagePullSecrets by name")
@SchemaCustomizer(value = Checked.class, input = "imagePullSecrets[].name is ObjectName")
@SchemaCustomizer(value = LabelValues.class, input = "nodeSelector")
@SchemaCustomizer(
    value = Described.class,
    input = "imagePullSecrets[].name: The name of the Secret.")
@SchemaCustomizer(value = Tolerations.class, input = "tolerations")
public record BottleSpec(
    @Required
        @Size(min = 1)
        @JsonPropertyDescription(
            "The OCI image whose root file system the guest runs, such as"
                + " ghcr.io/example/agent:1.2. The agent (Claude Code) is in it.")
        String image,
    @Default("true")
        @JsonPropertyDescription(
            "Whether the machine runs. false stops it and keeps its disk. Default: true.")
        boolean running,
    @Default("{\"cpus\": 2, \"memory\": \"2Gi\", \"disk\": \"10Gi\"}")
        @JsonPropertyDescription(
            "The machine's size. Default: 2 CPUs, 2Gi of memory, a disk of 10Gi.")
        MachineSpec machine,
    @JsonPropertyDescription("What the agent in the guest gets: prompt, skills, user, environment.")
        @Nullable AgentSpec agent,
    @Default("{}") @JsonPropertyDescription("What the guest may reach. Default: nothing.")
        @Nullable EgressSpec egress,
    @JsonPropertyDescription(
            "Git repositories that the guest reaches through git-gate. Default: none.")
        @Nullable GitSpec git,
    @JsonPropertyDescription(
            "Whether the agent may ask people for permissions. Default: it may not.")
        @Nullable SuperviseSpec supervise,
    @Size(max = 32)
        @JsonPropertyDescription(
            "Labels that the node must have, beside bottle.dev/machines=true. Default:"
                + " none. Where the machine is, it stays.")
        @Nullable Map<String, String> nodeSelector,
    @Size(max = 32)
        @JsonPropertyDescription(
            "Taints that the bundle Pod tolerates, as in a Pod. Default: none.")
        @Nullable List<Toleration> tolerations,
    @Size(max = 8)
        @JsonPropertyDescription(
            "Secrets of type kubernetes.io/dockerconfigjson in the Bottle's namespace that"
                + " the image is pulled with. Default: none. At most 8.")
        @Nullable List<LocalObjectReference> imagePullSecrets) {}
