package dev.bottle.crd.api;

/** What the guest was given. Written by the agent. */
public record ProvisionedStatus(String digest, String guestHash, String podUID, String bootId) {}
