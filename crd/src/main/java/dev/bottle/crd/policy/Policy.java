package dev.bottle.crd.policy;

/**
 * policy.json: everything that the daemons enforce. Its hash is the SHA-256 of the file's bytes.
 */
public record Policy(int version, BottleIdentity bottle, EgressPolicy egress) {}
