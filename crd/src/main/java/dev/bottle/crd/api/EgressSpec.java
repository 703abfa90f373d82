package dev.bottle.crd.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the guest may reach. */
public record EgressSpec(
    @Nullable List<String> allow, @Nullable List<Route> routes, @Nullable Inspection inspection) {}
