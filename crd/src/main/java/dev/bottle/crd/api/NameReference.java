package dev.bottle.crd.api;

/** An object in the Bottle's namespace, by name. */
public record NameReference(String name) {}
