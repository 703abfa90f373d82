package dev.bottle.agent.smolvm;

/** What a stopped machine can be changed to; its disk only grows. */
public record MachineSize(int cpus, long memoryMiB, long diskGiB) {}
