package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bottle.crd.schema.Checked;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;

/** The microVM's size. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "quantity(string(self.disk)).compareTo(quantity(string(oldSelf.disk))) >= 0",
    message = "a disk cannot shrink; keep or raise the size, or create another Bottle",
    fieldPath = ".disk")
@SchemaCustomizer(value = Checked.class, input = "memory is Memory")
@SchemaCustomizer(value = Checked.class, input = "disk is Disk")
public record MachineSpec(
    @Default("2") @Min(1) @Max(64) @JsonPropertyDescription("Virtual CPUs, 1 to 64. Default: 2.")
        int cpus,
    @Default("2Gi")
        @JsonPropertyDescription("Memory, 128Mi to 1Ti, rounded up to whole MiB. Default: 2Gi.")
        Quantity memory,
    @Default("10Gi")
        @JsonPropertyDescription(
            "The disk that the guest keeps across restarts, 1Gi to 4Ti, rounded up to"
                + " whole GiB. It can grow and never shrink. Default: 10Gi.")
        Quantity disk) {}
