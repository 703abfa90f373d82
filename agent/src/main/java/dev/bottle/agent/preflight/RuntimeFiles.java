package dev.bottle.agent.preflight;

import dev.bottle.agent.host.NodePaths;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** What a boot on this node is a boot of. */
public final class RuntimeFiles {
  private final NodePaths paths;
  private final Path hostBootId;

  /**
   * Looks at that node.
   *
   * @param hostBootId usually /proc/sys/kernel/random/boot_id
   */
  public RuntimeFiles(NodePaths paths, Path hostBootId) {
    this.paths = paths;
    this.hostBootId = hostBootId;
  }

  /** Cheap; another value when another runtime was linked or the program was replaced. */
  public String fingerprint() {
    try {
      Path program = paths.runtime().resolve("smolvm").toRealPath();
      BasicFileAttributes file = Files.readAttributes(program, BasicFileAttributes.class);
      return program + " " + file.size() + " " + file.lastModifiedTime() + " " + file.fileKey();
    } catch (IOException missing) {
      return "none";
    }
  }

  /**
   * The boot of the host, the runtime's version, the content of everything that belongs to it, and
   * the cage.
   */
  String key(RuntimeVersion version) throws IOException {
    MessageDigest digest = sha256();
    Path runtime = paths.runtime().toRealPath();
    try (OutputStream sink = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
      for (Path file : files(runtime)) {
        sink.write((runtime.relativize(file) + "\n").getBytes(StandardCharsets.UTF_8));
        copy(file, sink);
      }
      copy(paths.program("bottle-tool"), sink);
    }
    return String.join(
        " ",
        Files.readString(hostBootId).strip(),
        version.word(),
        HexFormat.of().formatHex(digest.digest()));
  }

  private static List<Path> files(Path runtime) throws IOException {
    try (Stream<Path> all = Files.walk(runtime)) {
      return all.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .sorted()
          .toList();
    } catch (UncheckedIOException e) {
      throw new IOException(e.getCause());
    }
  }

  private static void copy(Path file, OutputStream sink) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      in.transferTo(sink);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
