package dev.bottle.crd.api;

/** A plain environment variable of the guest; never a secret. */
public record EnvironmentVariable(String name, String value) {}
