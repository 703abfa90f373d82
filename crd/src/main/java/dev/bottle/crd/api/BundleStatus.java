package dev.bottle.crd.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bundle Pod. pod, podUID, policyHash and guestHash are the operator's; daemons the agent's.
 */
public record BundleStatus(
    @Nullable String pod,
    @Nullable String podUID,
    @Nullable String policyHash,
    @Nullable String guestHash,
    @Nullable List<DaemonStatus> daemons) {}
