package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Checked;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A git repository that the guest reaches through git-gate only. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "has(self.identitySecretRef) != has(self.tokenSecretRef)",
    message = "give exactly one of identitySecretRef (ssh) and tokenSecretRef (https)")
@ValidationRule(
    value =
        "self.url.startsWith('ssh://') ? has(self.identitySecretRef) : has(self.tokenSecretRef)",
    message =
        "an ssh:// url needs identitySecretRef and an https:// url needs tokenSecretRef;"
            + " change one of the two",
    fieldPath = ".url")
@ValidationRule(
    value = "self.url.startsWith('ssh://') == has(self.knownHosts)",
    message =
        "an ssh:// url needs knownHosts (the output of ssh-keyscan, verified by you), an"
            + " https:// url has none",
    fieldPath = ".knownHosts")
@ValidationRule(
    value = "!has(self.knownHosts) || self.knownHosts.matches('[^ \\\\t\\\\r\\\\n]')",
    message = "knownHosts is empty; give the output of ssh-keyscan, verified by you",
    fieldPath = ".knownHosts")
@ValidationRule(
    value =
        "!(has(self.readOnly) && self.readOnly) || !((has(self.allowForce) && self.allowForce)"
            + " || (has(self.allowDelete) && self.allowDelete) || has(self.refs))",
    message =
        "a readOnly upstream takes no push; remove refs, allowForce and allowDelete, or"
            + " readOnly",
    fieldPath = ".readOnly")
@SchemaCustomizer(value = Checked.class, input = "name is Label")
@SchemaCustomizer(value = Checked.class, input = "url is GitUrl")
@SchemaCustomizer(value = Checked.class, input = "refs[] is RefPattern")
public record GitUpstream(
    @Required @JsonPropertyDescription("The name of the upstream, such as app.") String name,
    @Required
        @JsonPropertyDescription(
            "The repository: https://host/path or ssh://user@host/path, without credentials. The"
                + " guest's git finds it by this url, by https://host/path.git,"
                + " ssh://user@host/path.git and user@host:path.git. Without .git only write it"
                + " when no other repository's url begins like it.")
        String url,
    @JsonPropertyDescription(
            "For ssh: the key of a Secret that holds the private key. Exactly one of"
                + " identitySecretRef and tokenSecretRef.")
        @Nullable KeyReference identitySecretRef,
    @JsonPropertyDescription(
            "For https: the key of a Secret that holds the token. Exactly one of"
                + " identitySecretRef and tokenSecretRef.")
        @Nullable KeyReference tokenSecretRef,
    @Size(min = 1, max = 16384)
        @JsonPropertyDescription(
            "For ssh: the host's keys as lines of a known_hosts file. No key is trusted on"
                + " first use.")
        @Nullable String knownHosts,
    @Size(min = 1, max = 32)
        @JsonPropertyDescription(
            "Refs that may be pushed; * stands for anything, slashes too. Default:"
                + " refs/heads/bottle/*.")
        @Nullable List<String> refs,
    @Default("false")
        @JsonPropertyDescription("Whether a push may rewrite history. Default: false.")
        @Nullable Boolean allowForce,
    @Default("false") @JsonPropertyDescription("Whether a push may delete a ref. Default: false.")
        @Nullable Boolean allowDelete,
    @Default("false") @JsonPropertyDescription("Whether every push is refused. Default: false.")
        @Nullable Boolean readOnly) {}
