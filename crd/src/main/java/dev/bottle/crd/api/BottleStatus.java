package dev.bottle.crd.api;

import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the operator and the node agent saw. Each field has one writer. */
public record BottleStatus(
    @Nullable Long observedGeneration,
    @Nullable Phase phase,
    @Nullable Placement placement,
    @Nullable List<Condition> conditions,
    @Nullable BundleStatus bundle,
    @Nullable MachineStatus machine,
    @Nullable ProvisionedStatus provisioned,
    @Nullable SealStatus seal) {}
