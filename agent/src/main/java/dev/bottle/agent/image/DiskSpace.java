package dev.bottle.agent.image;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** How full the disk of the image store is. */
public interface DiskSpace {
  /** Never given to images, so that they alone cannot fill a node's disk. */
  double RESERVE = 0.05;

  /**
   * At one moment, in bytes.
   *
   * @param total used and usable, without what the filesystem keeps for root
   */
  record Space(long total, long usable) {
    double usedShare() {
      return total == 0 ? 1 : 1 - (double) usable / total;
    }

    /** What images may take. */
    long room() {
      return Math.max(0, usable - (long) (total * RESERVE));
    }
  }

  /** Looks. */
  Space now() throws IOException;

  /** Of the filesystem that holds this directory. */
  static DiskSpace of(Path directory) {
    return () -> {
      FileStore store = Files.getFileStore(directory);
      long used = store.getTotalSpace() - store.getUnallocatedSpace();
      return new Space(used + store.getUsableSpace(), store.getUsableSpace());
    };
  }
}
