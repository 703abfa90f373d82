package dev.bottle.bundle.process;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;

/** Files that appear whole, with their mode, or not at all. */
public final class AtomicFile {
  private AtomicFile() {}

  /** Writes this text of US-ASCII; see below. */
  public static void write(Path file, String content, String mode) throws IOException {
    write(file, content.getBytes(StandardCharsets.US_ASCII), mode);
  }

  /**
   * Writes beside the file and renames.
   *
   * @param mode as {@code ls} prints it, such as {@code r--------}
   */
  public static void write(Path file, byte[] content, String mode) throws IOException {
    Path name = Objects.requireNonNull(file.getFileName(), "a file has a name");
    Path fresh = file.resolveSibling("." + name + ".new");
    Files.deleteIfExists(fresh); // of a run that was killed
    try (var channel =
        Files.newByteChannel(
            fresh,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            // Nobody else reads it even for a moment.
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      var bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString(mode));
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
