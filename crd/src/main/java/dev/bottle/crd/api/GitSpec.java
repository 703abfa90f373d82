package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.ListMap;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Git upstreams behind git-gate. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value =
        "!has(self.upstreams) || self.upstreams.all(x, self.upstreams.exists_one(y, y.name =="
            + " x.name))",
    message = "two upstreams have one name; rename or remove one",
    fieldPath = ".upstreams")
@SchemaCustomizer(value = ListMap.class, input = "upstreams by name")
public record GitSpec(
    @Size(max = 16)
        @JsonPropertyDescription(
            "Not supported yet: the Bottle answers Prepared=False/NotYetSupported."
                + " Repositories that the guest reaches through git-gate and no other way. At"
                + " most 16.")
        @Nullable List<GitUpstream> upstreams) {}
