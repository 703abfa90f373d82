package dev.bottle.agent.testing;

import dev.bottle.agent.host.MountTable;
import dev.bottle.agent.host.ProcessRunner;
import dev.bottle.agent.image.StoreMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A node whose image store is mounted, as its mount table says. */
public final class Mounted {
  private Mounted() {}

  /** Nothing is mounted in truth: only the table is played. */
  public static StoreMount store(Path mountinfo, Path unpacked, Path view) throws IOException {
    Files.createDirectories(mountinfo.toAbsolutePath().getParent());
    Files.writeString(
        mountinfo,
        """
        20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/disk rw
        21 20 8:1 %s %s ro,nosuid,nodev,relatime shared:1 - ext4 /dev/disk rw
        """
            .formatted(unpacked, view));
    return new StoreMount(new ProcessRunner(), new MountTable(mountinfo), unpacked, view);
  }
}
