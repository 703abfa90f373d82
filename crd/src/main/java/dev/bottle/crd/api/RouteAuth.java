package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Checked;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** The credential that egress sets on a matching request. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "has(self.header) == (self.type == 'Header')",
    message = "header goes with type Header, and only with it; add or remove header",
    fieldPath = ".header")
@ValidationRule(
    value = "has(self.username) == (self.type == 'Basic')",
    message = "username goes with type Basic, and only with it; add or remove username",
    fieldPath = ".username")
@SchemaCustomizer(value = Checked.class, input = "header is HeaderName")
@SchemaCustomizer(value = Checked.class, input = "username is UserName")
public record RouteAuth(
    @Required
        @JsonPropertyDescription(
            "How the credential is written: Bearer (Authorization: Bearer <value>), Basic"
                + " (Authorization: Basic of username and value) or Header (the named header"
                + " holds the value).")
        Type type,
    @JsonPropertyDescription("The header for type Header, such as X-Api-Key.")
        @Nullable String header,
    @JsonPropertyDescription("The user name for type Basic.") @Nullable String username,
    @Required
        @JsonPropertyDescription(
            "The key of a Secret in the Bottle's namespace that holds the credential, at most 16"
                + " KiB of printable ASCII. Missing or empty: this route answers 503, the others"
                + " live on. A change is in force within 90 seconds.")
        KeyReference secretKeyRef) {
  /** How the credential is written. */
  public enum Type {
    Bearer,
    Basic,
    Header
  }
}
