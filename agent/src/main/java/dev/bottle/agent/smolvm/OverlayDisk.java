package dev.bottle.agent.smolvm;

import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The disk over the root file system of smolvm's own agent in the guest ({@code --overlay}). It has
 * no journal: after a monitor that was killed, smolvm 1.32.2 cannot mount it and no start succeeds
 * again (docs/smolvm-facts.md). Nothing of a Bottle is on it, what its containers wrote is on the
 * storage disk, which smolvm checks and mends. So each boot gets a new one (ADR 91).
 */
final class OverlayDisk {
  private static final List<String> FILES = List.of("overlay.raw", "overlay.formatted");

  private OverlayDisk() {}

  /**
   * Removes it, by name: what the machine's user may have put in its place is not followed. The
   * next start makes a new one.
   *
   * @param machineDirectory of a machine that does not run; what is not there is no error
   * @throws RuntimeFailure when something there cannot be removed
   */
  static void discard(Path machineDirectory) throws RuntimeFailure {
    try {
      for (String file : FILES) {
        Files.deleteIfExists(machineDirectory.resolve(file));
      }
    } catch (IOException e) {
      throw new RuntimeFailure(Reason.MachineStartFailed, "its overlay disk: " + e.getMessage());
    }
  }
}
