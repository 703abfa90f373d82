package dev.bottle.crd.api;

/**
 * Where the machine is. Written by the operator; the epoch rises only when the former machine is
 * known to be gone.
 */
public record Placement(String nodeName, String nodeUID, long epoch) {}
