package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Checked;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Where the prompt comes from: exactly one of the three. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value =
        "[has(self.text), has(self.configMapKeyRef), has(self.secretKeyRef)].filter(given,"
            + " given).size() == 1",
    message =
        "give exactly one of text, configMapKeyRef and secretKeyRef; for no prompt leave"
            + " spec.agent.prompt out")
@SchemaCustomizer(value = Checked.class, input = "text is Text")
public record PromptSource(
    @Size(max = 131072)
        @JsonPropertyDescription(
            "The prompt itself, at most 131072 characters. Anybody who may read Bottles"
                + " reads it: put a private prompt into a Secret.")
        @Nullable String text,
    @JsonPropertyDescription("The prompt is this key of a ConfigMap.")
        @Nullable KeyReference configMapKeyRef,
    @JsonPropertyDescription(
            "The prompt is this key of a Secret. kubelet mounts it; neither the operator"
                + " nor the node agent may read Secrets.")
        @Nullable KeyReference secretKeyRef) {}
