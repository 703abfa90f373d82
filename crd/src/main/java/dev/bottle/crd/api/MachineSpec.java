package dev.bottle.crd.api;

import io.fabric8.kubernetes.api.model.Quantity;

/** The microVM's size. */
public record MachineSpec(int cpus, Quantity memory, Quantity disk) {}
