package dev.bottle.agent.host;

/**
 * One process, told apart from a later one with the same pid by its start time.
 *
 * @param startTicks field 22 of /proc/pid/stat: clock ticks after the host's boot
 */
public record ProcessIdentity(long pid, long startTicks) {}
