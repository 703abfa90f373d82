package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Checked;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A skill: the files of one ConfigMap. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Checked.class, input = "name is Label")
public record SkillSource(
    @Required
        @Size(min = 1, max = 40)
        @JsonPropertyDescription(
            "The skill's name and folder, such as code-review. At most 40 characters.")
        String name,
    @Required
        @JsonPropertyDescription(
            "The ConfigMap whose keys are the skill's files, such as SKILL.md.")
        NameReference configMapRef) {}
