package dev.bottle.crd.api;

import org.jspecify.annotations.Nullable;

/** What one daemon reported over its control socket. podUID says of which Pod. */
public record DaemonStatus(
    String name,
    boolean ready,
    String podUID,
    @Nullable String policyHash,
    @Nullable String reason,
    @Nullable String message) {}
