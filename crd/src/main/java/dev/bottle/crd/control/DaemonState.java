package dev.bottle.crd.control;

import org.jspecify.annotations.Nullable;

/** Sent first on each connection and at every change. */
public record DaemonState(
    String daemon,
    boolean ready,
    @Nullable String policyHash,
    @Nullable String reason,
    @Nullable String message)
    implements ControlMessage {}
