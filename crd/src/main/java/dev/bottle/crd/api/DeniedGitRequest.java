package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Formatted;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** A fetch or push that git-gate refused. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Formatted.class, input = "lastSeen as date-time")
public record DeniedGitRequest(
    @Required
        @Size(max = 63)
        @JsonPropertyDescription("The upstream's name, as the guest asked for it.")
        String upstream,
    @Size(max = 255)
        @JsonPropertyDescription(
            "The first ref that is to blame. Absent when none is, or when it holds a secret"
                + " itself.")
        @Nullable String ref,
    @Required
        @Size(max = 64)
        @JsonPropertyDescription(
            "Why: a rule of git-gate, such as ForceNotAllowed, or of gitleaks, such as"
                + " AwsAccessToken.")
        String rule,
    @Size(max = 255)
        @JsonPropertyDescription(
            "The file in which a secret was found. Absent when it was in none, or when its name"
                + " holds one.")
        @Nullable String file,
    @JsonPropertyDescription("Whether a secret was found in it. Absent: no.")
        @Nullable Boolean secret,
    @Required @Size(max = 64) @JsonPropertyDescription("When it was refused last.")
        String lastSeen) {}
