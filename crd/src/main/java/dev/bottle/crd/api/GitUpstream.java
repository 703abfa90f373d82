package dev.bottle.crd.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A git repository that the guest reaches through git-gate only. */
public record GitUpstream(
    String name,
    String url,
    @Nullable KeyReference identitySecretRef,
    @Nullable KeyReference tokenSecretRef,
    @Nullable String knownHosts,
    @Nullable List<String> refs,
    @Nullable Boolean allowForce,
    @Nullable Boolean allowDelete,
    @Nullable Boolean readOnly) {}
