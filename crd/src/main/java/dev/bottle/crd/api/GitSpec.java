package dev.bottle.crd.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Git upstreams behind git-gate. */
public record GitSpec(@Nullable List<GitUpstream> upstreams) {}
