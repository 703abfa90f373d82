package dev.bottle.crd.api;

/** Whether the agent may ask people for permissions. */
public record SuperviseSpec(boolean enabled) {}
