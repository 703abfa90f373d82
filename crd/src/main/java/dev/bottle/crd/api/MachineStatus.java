package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Formatted;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** The microVM as its node agent sees it. Written by the agent. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Formatted.class, input = "epoch as int64")
@SchemaCustomizer(value = Formatted.class, input = "bootMillis as int64")
public record MachineStatus(
    @Required @Size(max = 63) @JsonPropertyDescription("The machine's name on its node.")
        String name,
    @Required
        @JsonPropertyDescription("What the machine does. Absent: confirmed gone, disk included.")
        State state,
    @Min(0) @JsonPropertyDescription("The epoch of the placement that this is about.")
        @Nullable Long epoch,
    @Size(max = 64) @JsonPropertyDescription("The UID of the Pod that pays for the machine.")
        @Nullable String podUID,
    @Size(max = 64) @JsonPropertyDescription("Differs for each boot.") @Nullable String bootId,
    @Min(0) @JsonPropertyDescription("How long the last boot took, in milliseconds.")
        @Nullable Long bootMillis,
    @Size(max = 128) @JsonPropertyDescription("The machine runtime of the node, such as 1.32.2.")
        @Nullable String runtimeVersion,
    @Size(max = 128)
        @JsonPropertyDescription(
            "The digest of the image that the machine was made of, such as sha256:<hex>.")
        @Nullable String imageDigest) {
  /** Absent: confirmed gone, disk included. */
  public enum State {
    Absent,
    Preparing,
    Starting,
    Running,
    Stopping,
    Stopped,
    Failed
  }
}
