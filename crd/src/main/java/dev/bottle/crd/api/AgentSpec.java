package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Checked;
import dev.bottle.crd.schema.ListMap;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the agent in the guest gets. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "!has(self.skills) || self.skills.all(x, self.skills.exists_one(y, y.name == x.name))",
    message = "two skills have one name; rename or remove one",
    fieldPath = ".skills")
@ValidationRule(
    value = "!has(self.env) || self.env.all(x, self.env.exists_one(y, y.name == x.name))",
    message = "two variables have one name; remove one",
    fieldPath = ".env")
@SchemaCustomizer(value = ListMap.class, input = "skills by name")
@SchemaCustomizer(value = ListMap.class, input = "env by name")
@SchemaCustomizer(value = Checked.class, input = "skillsDir is AbsolutePath")
@SchemaCustomizer(value = Checked.class, input = "workdir is AbsolutePath")
@SchemaCustomizer(value = Checked.class, input = "user is User")
public record AgentSpec(
    @JsonPropertyDescription(
            "The text that is appended to the agent's system prompt: exactly one of text,"
                + " configMapKeyRef and secretKeyRef. Default: none. It reaches the guest as the"
                + " file ~/.claude-bottle-prompt.txt (mode 0600).")
        @Nullable PromptSource prompt,
    @Size(max = 32)
        @JsonPropertyDescription(
            "Skills of the agent: each is the files of one ConfigMap, written to"
                + " <skillsDir>/<name>/. At most 32.")
        @Nullable List<SkillSource> skills,
    @JsonPropertyDescription(
            "The folder of the guest that the skills are written to: an absolute path."
                + " Default: <home>/.claude/skills of the user.")
        @Nullable String skillsDir,
    @JsonPropertyDescription(
            "The user of the guest that the agent runs as. Default: node when the image"
                + " has that user, else root.")
        @Nullable String user,
    @Size(max = 64)
        @JsonPropertyDescription(
            "Environment variables of the guest, in plain text: never a secret. At most"
                + " 64. Proxy and certificate variables are Bottle's.")
        @Nullable List<EnvironmentVariable> env,
    @JsonPropertyDescription(
            "The folder that commands start in: an absolute path of the guest. Default:"
                + " the user's home.")
        @Nullable String workdir) {}
