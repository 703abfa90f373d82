package dev.bottle.crd.api;

import java.util.List;

/**
 * The last proof of the seal: for exactly this Pod, this policy and this boot. Written by the
 * agent.
 */
public record SealStatus(
    String provenAt, String podUID, String policyHash, String bootId, List<ProbeResult> probes) {}
