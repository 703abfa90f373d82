package dev.bottle.bundle.supervise;

import java.nio.file.Path;

/**
 * What docs/contracts.md gives supervise on its command line.
 *
 * @param queue the directory of the requests, one file each
 */
public record SuperviseOptions(Path policy, Path queue, Path door, Path control) {}
