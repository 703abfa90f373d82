package dev.bottle.crd.api;

import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a person asks for. */
public record BottleSpec(
    String image,
    boolean running,
    MachineSpec machine,
    @Nullable AgentSpec agent,
    @Nullable EgressSpec egress,
    @Nullable GitSpec git,
    @Nullable SuperviseSpec supervise,
    @Nullable Map<String, String> nodeSelector,
    @Nullable List<Toleration> tolerations,
    @Nullable List<LocalObjectReference> imagePullSecrets) {}
