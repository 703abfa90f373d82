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
            "Repositories that the guest clones, fetches and pushes to through git-gate, by their"
                + " own urls: every push is searched for secrets before the upstream sees a byte of"
                + " it. At most 16. Adding the first, removing the last and naming another Secret"
                + " replace the bundle's Pod.")
        @Nullable List<GitUpstream> upstreams) {}
