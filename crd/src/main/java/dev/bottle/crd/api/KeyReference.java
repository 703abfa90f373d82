package dev.bottle.crd.api;

/** One key of a ConfigMap or Secret in the Bottle's namespace. */
public record KeyReference(String name, String key) {}
