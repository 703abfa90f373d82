package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Checked;
import dev.bottle.crd.schema.ListSet;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which answers reach the guest. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value =
        "!has(self.contentTypes) || self.contentTypes.all(x, self.contentTypes.exists_one(y, y =="
            + " x))",
    message = "a type is named twice; remove one",
    fieldPath = ".contentTypes")
@SchemaCustomizer(value = Checked.class, input = "maxSize is ResponseSize")
@SchemaCustomizer(value = ListSet.class, input = "contentTypes")
@SchemaCustomizer(value = Checked.class, input = "contentTypes[] is MediaType")
public record ResponseSpec(
    @Default("8Gi")
        @JsonPropertyDescription(
            "The longest body of an answer, 1Ki to 1Ti, counted as it is on the wire (compressed"
                + " when it is). One that announces more is refused, another is cut there."
                + " WebSockets are not counted. Default: 8Gi.")
        @Nullable Quantity maxSize,
    @Size(min = 1, max = 64)
        @JsonPropertyDescription(
            "Media types that answers with a body may have, such as application/json, or text/*"
                + " for every subtype; an answer without a type is refused then. Default: every"
                + " type. At most 64.")
        @Nullable List<String> contentTypes,
    @Default("None")
        @JsonPropertyDescription(
            "Whether text is searched for phrases that give orders to a model (prompt injection)."
                + " Observe counts what is found in status.egress and refuses nothing; hosts are"
                + " then asked for uncompressed answers. Default: None.")
        @Nullable InjectionPatterns injectionPatterns) {}
