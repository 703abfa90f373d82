package dev.bottle.agent.preflight;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Remembers over restarts of the agent that a machine booted, for one key only. A failure is not
 * remembered: it is tried again.
 */
final class BootProof {
  private final Path file;

  BootProof(Path file) {
    this.file = file;
  }

  /** Whether exactly this was proven. What cannot be read proves nothing. */
  boolean holds(String key) {
    try {
      return Files.readString(file).equals(key + "\n");
    } catch (IOException unread) {
      return false;
    }
  }

  /** Remembers it instead of what was proven before. */
  void keep(String key) throws IOException {
    Path staging = file.resolveSibling("." + file.getFileName());
    Files.write(staging, (key + "\n").getBytes(StandardCharsets.UTF_8));
    Files.move(staging, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
