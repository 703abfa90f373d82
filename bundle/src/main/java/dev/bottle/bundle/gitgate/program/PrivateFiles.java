package dev.bottle.bundle.gitgate.program;

import dev.bottle.bundle.process.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Files that only this process's user may read. */
public final class PrivateFiles {
  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwx------");

  private PrivateFiles() {}

  /** Makes the directory, with its parents; mode 0700. */
  public static void directory(Path directory) throws IOException {
    Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(FOLDER));
    if (!Files.getPosixFilePermissions(directory).equals(FOLDER)) {
      Files.setPosixFilePermissions(directory, FOLDER);
    }
  }

  /** Replaces the file as a whole; mode 0600 from its first byte on. */
  public static void write(Path file, byte[] content) throws IOException {
    AtomicFile.write(file, content, "rw-------");
  }

  /** Makes it executable, and no longer writable. */
  public static void executable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r-x------"));
  }

  /** Deletes it with all that is below; follows no link. */
  public static void delete(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> all;
    try (var below = Files.walk(path)) {
      all = below.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }
}
