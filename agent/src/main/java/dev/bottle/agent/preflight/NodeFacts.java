package dev.bottle.agent.preflight;

/**
 * Everything that is known of a node before a machine is tried on it.
 *
 * @param freeBytes of the file system that holds images and disks
 */
public record NodeFacts(
    Answer<RuntimeVersion> runtime, Answer<KernelFacts> kernel, Answer<Long> freeBytes) {}
