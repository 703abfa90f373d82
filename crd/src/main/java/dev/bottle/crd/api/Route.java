package dev.bottle.crd.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A host for which egress injects a credential. */
public record Route(
    String host, @Nullable List<String> paths, @Nullable List<String> methods, RouteAuth auth) {}
