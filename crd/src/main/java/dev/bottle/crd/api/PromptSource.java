package dev.bottle.crd.api;

import org.jspecify.annotations.Nullable;

/** Where the prompt comes from: exactly one of the three. */
public record PromptSource(
    @Nullable String text,
    @Nullable KeyReference configMapKeyRef,
    @Nullable KeyReference secretKeyRef) {}
