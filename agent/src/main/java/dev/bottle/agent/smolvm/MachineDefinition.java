package dev.bottle.agent.smolvm;

import java.nio.file.Path;

/**
 * A machine to create: no network, one mounted socket (egress's door), the relay as workload.
 *
 * @param rootfs shared, read-only
 * @param bottleDirectory below which the doors are
 */
public record MachineDefinition(
    String name, MachineLabels labels, MachineSize size, Path rootfs, Path bottleDirectory) {}
