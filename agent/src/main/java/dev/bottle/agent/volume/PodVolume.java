package dev.bottle.agent.volume;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One volume of a bundle Pod, read as root while somebody else may write it: every component is
 * opened relative to the one before it and without following links; only regular files of a bounded
 * size and a known owner are read. The one link that is followed is kubelet's {@code ..data}, one
 * level, in volumes that kubelet itself writes.
 */
public final class PodVolume {
  /** More than any prompt, skill or certificate; a ConfigMap or Secret holds at most 1 MiB. */
  public static final int MAX_FILE_BYTES = 1 << 20;

  /** Of all files together. */
  public static final int MAX_VOLUME_BYTES = 4 << 20;

  private static final int MAX_FILES = 1000;
  private static final String DATA_LINK = "..data";

  private final Path pods;
  private final String podUid;
  private final VolumeKind kind;
  private final String name;

  PodVolume(Path pods, String podUid, VolumeKind kind, String name) {
    this.pods = pods;
    this.podUid = podUid;
    this.kind = kind;
    this.name = name;
  }

  /** Where it is on the node. */
  public Path path() {
    return pods.resolve(podUid).resolve("volumes").resolve(kind.directory()).resolve(name);
  }

  /** Whether kubelet has set it up, content included. */
  public boolean exists() {
    return kind.atomicallySwapped()
        ? Files.isSymbolicLink(path().resolve(DATA_LINK))
        : Files.isDirectory(path(), LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Every file by name, sorted.
   *
   * @param writer the user who writes the volume, beside root; absent for kubelet's volumes
   * @throws NoSuchFileException when the volume is not there (yet)
   * @throws UntrustedVolumeException when it holds anything but small regular files
   */
  public NavigableMap<String, byte[]> readAll(Optional<Long> writer) throws IOException {
    return inside(directory -> {
      NavigableMap<String, byte[]> files = new TreeMap<>();
      long total = 0;
      for (Path entry : directory) {
        String file = entry.getFileName().toString();
        byte[] content = read(directory, entry.getFileName(), writer);
        total += content.length;
        if (total > MAX_VOLUME_BYTES || files.size() >= MAX_FILES) {
          throw untrusted(file, "the volume holds too much");
        }
        files.put(file, content);
      }
      return files;
    });
  }

  /**
   * One file; empty when it does not exist.
   *
   * @throws NoSuchFileException when the volume is not there (yet)
   * @throws UntrustedVolumeException when it is anything but a small regular file
   */
  public Optional<byte[]> read(String file, Optional<Long> writer) throws IOException {
    return inside(directory -> {
      Path entry = Path.of(file);
      if (entry.getNameCount() != 1 || file.startsWith("..")) {
        throw untrusted(file, "not a file name");
      }
      try {
        return Optional.of(read(directory, entry, writer));
      } catch (NoSuchFileException missing) {
        return Optional.empty();
      }
    });
  }

  private interface Reading<T> {
    T in(SecureDirectoryStream<Path> directory) throws IOException;
  }

  private <T> T inside(Reading<T> reading) throws IOException {
    List<String> components = List.of(podUid, "volumes", kind.directory(), name);
    try (DirectoryStream<Path> root = Files.newDirectoryStream(pods)) {
      if (!(root instanceof SecureDirectoryStream<Path> secure)) {
        throw new IOException("this filesystem does not open relative to a directory: " + pods);
      }
      return descend(secure, components, reading);
    }
  }

  private <T> T descend(
      SecureDirectoryStream<Path> directory, List<String> components, Reading<T> reading)
      throws IOException {
    try (directory) {
      if (!components.isEmpty()) {
        return descend(
            enter(directory, components.getFirst()),
            components.subList(1, components.size()),
            reading);
      }
      if (!kind.atomicallySwapped()) {
        return reading.in(directory);
      }
      Path target = Files.readSymbolicLink(path().resolve(DATA_LINK));
      // What the link says is not trusted: it must be a directory right here, and not a link.
      if (target.getNameCount() != 1 || target.isAbsolute() || target.toString().equals("..")) {
        throw untrusted(DATA_LINK, "it leads out of the volume");
      }
      try (SecureDirectoryStream<Path> data = enter(directory, target.toString())) {
        return reading.in(data);
      }
    }
  }

  private SecureDirectoryStream<Path> enter(SecureDirectoryStream<Path> parent, String component)
      throws IOException {
    try {
      return parent.newDirectoryStream(Path.of(component), LinkOption.NOFOLLOW_LINKS);
    } catch (NotDirectoryException e) {
      throw untrusted(component, "not a directory");
    } catch (NoSuchFileException e) {
      throw e;
    } catch (IOException e) {
      throw isLink(e) ? untrusted(component, "a link") : e;
    }
  }

  private byte[] read(SecureDirectoryStream<Path> directory, Path file, Optional<Long> writer)
      throws IOException {
    PosixFileAttributes attributes = attributes(directory, file);
    if (!attributes.isRegularFile()) {
      throw untrusted(file.toString(), "not a regular file");
    }
    String owner = attributes.owner().getName();
    boolean known =
        owner.equals("root")
            || owner.equals("0")
            || writer.map(String::valueOf).filter(owner::equals).isPresent();
    if (!known) {
      throw untrusted(file.toString(), "owned by " + owner);
    }
    if (attributes.size() > MAX_FILE_BYTES) {
      throw untrusted(file.toString(), "larger than " + MAX_FILE_BYTES + " bytes");
    }
    try (SeekableByteChannel channel =
        directory.newByteChannel(
            file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      return readBounded(channel, file);
    } catch (NoSuchFileException e) {
      throw e;
    } catch (IOException e) {
      throw isLink(e) ? untrusted(file.toString(), "a link") : e;
    }
  }

  private static PosixFileAttributes attributes(SecureDirectoryStream<Path> directory, Path file)
      throws IOException {
    return directory
        .getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .readAttributes();
  }

  /** The size may have changed since it was looked at. */
  private byte[] readBounded(SeekableByteChannel channel, Path file) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
    while (channel.read(buffer) >= 0) {
      content.write(buffer.array(), 0, buffer.position());
      buffer.clear();
      if (content.size() > MAX_FILE_BYTES) {
        throw untrusted(file.toString(), "larger than " + MAX_FILE_BYTES + " bytes");
      }
    }
    return content.toByteArray();
  }

  /** The JDK has no exception of its own for ELOOP. */
  private static boolean isLink(IOException e) {
    @Nullable String message = e.getMessage();
    return message != null && message.contains("symbolic link");
  }

  private UntrustedVolumeException untrusted(String entry, String what) {
    return new UntrustedVolumeException(
        "volume " + name + " of Pod " + podUid + ": " + entry + ": " + what);
  }
}
