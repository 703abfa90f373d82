package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Checked;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A host for which egress injects a credential. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Checked.class, input = "host is ExactHost")
@SchemaCustomizer(value = Checked.class, input = "paths[] is RequestPath")
@SchemaCustomizer(value = Checked.class, input = "methods[] is Method")
public record Route(
    @Required
        @JsonPropertyDescription(
            "The host, exactly, such as api.anthropic.com. It need not be in allow: there, requests"
                + " that no route matches pass without a credential; else they are refused.")
        String host,
    @Size(min = 1, max = 16)
        @JsonPropertyDescription(
            "Path prefixes that this route is for, segment by segment as an Ingress with pathType"
                + " Prefix: /v1 is /v1 and all below, not /v10. Default: every path.")
        @Nullable List<String> paths,
    @Size(min = 1, max = 9)
        @JsonPropertyDescription(
            "Methods that this route is for, such as POST. Default: every method.")
        @Nullable List<String> methods,
    @Default("false")
        @JsonPropertyDescription(
            "Whether a WebSocket may be opened; the credential is set on its opening request."
                + " Default: false.")
        boolean webSocket,
    @Default("Block")
        @JsonPropertyDescription(
            "What happens to a request of this route in which the inspection finds a secret: Block"
                + " refuses it, Redact masks the secret, Observe only reports it. Default: Block.")
        @Nullable OnMatch onMatch,
    @Required
        @JsonPropertyDescription(
            "The credential that egress sets; those that the guest sends are taken away.")
        RouteAuth auth) {}
