package dev.bottle.crd.policy;

/** Whose policy this is. */
public record BottleIdentity(String namespace, String name, String uid) {}
