package dev.bottle.agent.volume;

import dev.bottle.agent.host.LinkException;
import dev.bottle.agent.host.Pinned;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * One volume of a bundle Pod, read as root while somebody else may write it: no link is followed in
 * any component, and only regular files of a bounded size and a known owner are read. Each file is
 * pinned before it is looked at, so what was looked at is what is read. The one link that is
 * followed is kubelet's {@code ..data}, one level, in volumes that kubelet itself writes.
 */
public final class PodVolume {
  /** More than any prompt, skill or certificate; a ConfigMap or Secret holds at most 1 MiB. */
  public static final int MAX_FILE_BYTES = 1 << 20;

  /** Of all files together. */
  public static final int MAX_VOLUME_BYTES = 4 << 20;

  private static final int MAX_FILES = 1000;
  private static final String DATA_LINK = "..data";

  /** What a key of a ConfigMap or Secret may be called, and every file of ours is. */
  private static final Pattern NAME = Pattern.compile("[-._a-zA-Z0-9]{1,253}");

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
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory.path())) {
        for (Path entry : entries) {
          String file = entry.getFileName().toString();
          byte[] content = read(directory, file, writer);
          total += content.length;
          if (total > MAX_VOLUME_BYTES || files.size() >= MAX_FILES) {
            throw untrusted(file, "the volume holds too much");
          }
          files.put(file, content);
        }
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
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
      try {
        return Optional.of(read(directory, file, writer));
      } catch (NoSuchFileException missing) {
        return Optional.empty();
      }
    });
  }

  private interface Reading<T> {
    T in(Pinned directory) throws IOException;
  }

  private <T> T inside(Reading<T> reading) throws IOException {
    try (Pinned root = Pinned.trusted(pods);
        Pinned volume = directory(root, pods.relativize(path()).toString())) {
      if (!kind.atomicallySwapped()) {
        return reading.in(volume);
      }
      Path target = Files.readSymbolicLink(volume.path().resolve(DATA_LINK));
      // What the link says is not trusted: it must be a directory right here, and not a link.
      if (target.getNameCount() != 1 || target.isAbsolute() || target.toString().equals("..")) {
        throw untrusted(DATA_LINK, "it leads out of the volume");
      }
      try (Pinned data = directory(volume, target.toString())) {
        return reading.in(data);
      }
    }
  }

  private Pinned directory(Pinned parent, String path) throws IOException {
    Pinned found;
    try {
      found = parent.below(path);
    } catch (NotDirectoryException e) {
      throw untrusted(path, "not a directory");
    } catch (LinkException e) {
      throw untrusted(path, "a link");
    }
    if (!isDirectory(found)) {
      found.close();
      throw untrusted(path, "not a directory");
    }
    return found;
  }

  private static boolean isDirectory(Pinned found) throws IOException {
    try {
      return found.facts().isDirectory();
    } catch (IOException e) {
      found.close();
      throw e;
    }
  }

  private byte[] read(Pinned directory, String file, Optional<Long> writer) throws IOException {
    if (!NAME.matcher(file).matches() || file.startsWith("..") || file.equals(".")) {
      throw untrusted(file, "not a file name of ours");
    }
    try (Pinned entry = directory.below(file)) {
      Pinned.Facts facts = entry.facts();
      if (!facts.isRegularFile()) {
        throw untrusted(file, "not a regular file");
      }
      if (facts.uid() != 0 && writer.filter(user -> user == facts.uid()).isEmpty()) {
        throw untrusted(file, "owned by " + facts.uid());
      }
      if (facts.links() > 1) {
        throw untrusted(file, "a file with a second name");
      }
      if (facts.size() > MAX_FILE_BYTES) {
        throw untrusted(file, "larger than " + MAX_FILE_BYTES + " bytes");
      }
      try (InputStream in = Files.newInputStream(entry.path())) {
        byte[] content = in.readNBytes(MAX_FILE_BYTES + 1); // it may have grown meanwhile
        if (content.length > MAX_FILE_BYTES) {
          throw untrusted(file, "larger than " + MAX_FILE_BYTES + " bytes");
        }
        return content;
      }
    } catch (LinkException e) {
      throw untrusted(file, "a link");
    }
  }

  private UntrustedVolumeException untrusted(String entry, String what) {
    String clean = entry.replaceAll("\\p{Cntrl}", "?");
    String shown = clean.length() <= 100 ? clean : clean.substring(0, 100) + "…";
    return new UntrustedVolumeException(
        "volume " + name + " of Pod " + podUid + ": " + shown + ": " + what);
  }
}
