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
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the guest may reach. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "!has(self.allow) || self.allow.all(x, self.allow.exists_one(y, y == x))",
    message = "a host is named twice; remove one",
    fieldPath = ".allow")
@ValidationRule(
    value =
        "!has(self.routes) || self.routes.all(x, self.routes.exists_one(y, y.host == x.host &&"
            + " (has(y.paths) ? y.paths : []) == (has(x.paths) ? x.paths : []) && (has(y.methods) ?"
            + " y.methods : []) == (has(x.methods) ? x.methods : [])))",
    message = "two routes have one host, the same paths and the same methods; remove one",
    fieldPath = ".routes")
@ValidationRule(
    value =
        "!has(self.inspection) || self.inspection != 'Pipelock' || !has(self.routes) ||"
            + " !self.routes.exists(x, has(x.webSocket) && x.webSocket)",
    message =
        "Pipelock lets no WebSocket through; remove webSocket from the routes, or choose Builtin",
    fieldPath = ".inspection")
@SchemaCustomizer(value = ListSet.class, input = "allow")
@SchemaCustomizer(value = Checked.class, input = "allow[] is Host")
public record EgressSpec(
    @Size(max = 256)
        @JsonPropertyDescription(
            "Hosts that the guest may reach by HTTPS on port 443: exact names such as"
                + " api.anthropic.com, or *.example.org for every name below example.org (not"
                + " example.org itself). Default: none, so nothing. At most 256.")
        @Nullable List<String> allow,
    @Size(max = 64)
        @JsonPropertyDescription(
            "Hosts for which egress sets a credential that the guest never sees; the first route"
                + " that matches is used. Default: none. At most 64.")
        @Nullable List<Route> routes,
    @Default("Builtin")
        @JsonPropertyDescription(
            "What inspects what leaves the guest for credentials: Builtin; Pipelock, which looks"
                + " after Builtin has, in a container of its own whose image a cluster admin names"
                + " (pipelockImage in the ConfigMap bottle-admin): a change of hosts then replaces"
                + " the Pod; or None, which needs a cluster admin's leave (allowUninspected there)."
                + " Default: Builtin.")
        @Nullable Inspection inspection,
    @JsonPropertyDescription(
            "Which answers reach the guest: their size and type. Default: every type, up to 8Gi.")
        @Nullable ResponseSpec responses) {}
