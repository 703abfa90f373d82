package dev.bottle.agent.image;

import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.CommandRunner;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store on the disk: {@code unpacked/sha256-<hex>/{rootfs,config.json,sources}} and {@code
 * incoming/}, what is being pulled or removed. A directory with its final name is complete: it got
 * the name by a rename. Its time is when it was last used. {@code sources} has the repositories
 * from which the whole of it was pulled, one a line.
 */
public final class StoreDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(StoreDirectory.class);
  private static final Duration REMOVAL = Duration.ofMinutes(10);
  private static final String SOURCES = "sources";
  private static final String PREFIX = "sha256-";

  private final Path root;
  private final Path view;
  private final CommandRunner runner;
  private final Set<Path> busy = ConcurrentHashMap.newKeySet();

  /**
   * Keeps images below that directory.
   *
   * @param view where machines see {@link #unpacked}
   */
  public StoreDirectory(Path root, Path view, CommandRunner runner) {
    this.root = root;
    this.view = view;
    this.runner = runner;
  }

  /** An unpacked image. */
  record Kept(String digest, Instant lastUse) {}

  /** The directory that machines see. */
  public Path unpacked() {
    return root.resolve("unpacked");
  }

  /**
   * Makes the directories, and removes what interrupted work left. Work of this process that is
   * under way stays.
   */
  public void sweep() throws IOException, InterruptedException {
    // For root only: here images can be written. Machines walk through the view.
    Files.createDirectories(root);
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
    Files.createDirectories(unpacked());
    Files.setPosixFilePermissions(unpacked(), PosixFilePermissions.fromString("rwx--x--x"));
    Files.createDirectories(incoming());
    for (Path leftover : list(incoming())) {
      if (!busy.contains(leftover)) {
        remove(leftover);
      }
    }
    adopt();
  }

  /**
   * Machines of an earlier version were made from images that lay where the view is now. From where
   * they came is not known, so they are given to no other machine before they were pulled again.
   */
  private void adopt() throws IOException {
    if (!Files.isDirectory(view)) {
      return;
    }
    for (Path former : list(view)) {
      String name = former.getFileName().toString();
      if (name.startsWith(PREFIX) && !Files.exists(unpacked().resolve(name))) {
        Files.write(former.resolve(SOURCES), List.of());
        Files.move(former, unpacked().resolve(name), StandardCopyOption.ATOMIC_MOVE);
      }
    }
  }

  /** The image as machines see it. */
  StoredImage image(String digest) {
    return new StoredImage(digest, view.resolve(name(digest)).resolve("rootfs"));
  }

  boolean has(String digest) {
    return Files.isDirectory(directory(digest));
  }

  /** Whether this image was pulled from that repository. */
  boolean isFrom(String digest, String repository) throws IOException {
    try {
      return Files.readAllLines(directory(digest).resolve(SOURCES)).contains(repository);
    } catch (NoSuchFileException none) {
      return false;
    }
  }

  /** A new directory to unpack into; {@link #discard} ends its use, also after a publication. */
  Path begin() throws IOException {
    Path staging = incoming().resolve(UUID.randomUUID().toString());
    busy.add(staging);
    return Files.createDirectory(staging);
  }

  /** Gives what was unpacked its final name; of one that is here only the source is noted. */
  void publish(Path staging, ResolvedImage image) throws IOException {
    Path target = directory(image.digest());
    if (!has(image.digest())) {
      Files.write(staging.resolve(SOURCES), List.of(image.repository()));
      Files.setPosixFilePermissions(staging, PosixFilePermissions.fromString("rwx--x--x"));
      try {
        Files.move(staging, target, StandardCopyOption.ATOMIC_MOVE);
        return;
      } catch (FileAlreadyExistsException other) {
        LOG.atDebug().addKeyValue("digest", image.digest()).log("unpacked twice at once");
      }
    }
    addSource(target, image.repository());
  }

  private synchronized void addSource(Path target, String repository) throws IOException {
    List<String> sources = new ArrayList<>(Files.readAllLines(target.resolve(SOURCES)));
    if (!sources.contains(repository)) {
      sources.add(repository);
      Path fresh = Files.write(target.resolve(SOURCES + ".new"), sources);
      Files.move(fresh, target.resolve(SOURCES), StandardCopyOption.ATOMIC_MOVE);
    }
  }

  void discard(Path staging) throws InterruptedException {
    try {
      remove(staging);
    } catch (IOException left) {
      LOG.atWarn().addKeyValue("error", left.getMessage()).log("an unfinished image is left");
    } finally {
      busy.remove(staging);
    }
  }

  List<Kept> kept() throws IOException {
    List<Kept> kept = new ArrayList<>();
    for (Path directory : list(unpacked())) {
      String name = directory.getFileName().toString();
      if (name.startsWith(PREFIX)) {
        kept.add(
            new Kept(
                name.replaceFirst("-", ":"), Files.getLastModifiedTime(directory).toInstant()));
      }
    }
    return kept;
  }

  void touch(String digest, Instant now) throws IOException {
    Files.setLastModifiedTime(directory(digest), FileTime.from(now));
  }

  /** Takes the image away at once; the caller discards the directory that is returned. */
  Path retire(String digest) throws IOException {
    Path gone = incoming().resolve(UUID.randomUUID().toString());
    busy.add(gone);
    return Files.move(directory(digest), gone, StandardCopyOption.ATOMIC_MOVE);
  }

  /** The name of an image's directory, in both the store and the view. */
  static String name(String digest) {
    return digest.replace(':', '-');
  }

  private Path directory(String digest) {
    return unpacked().resolve(name(digest));
  }

  private Path incoming() {
    return root.resolve("incoming");
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.toList();
    }
  }

  private void remove(Path directory) throws IOException, InterruptedException {
    if (!Files.exists(directory)) {
      return;
    }
    CommandResult result =
        runner.run(
            Command.of(
                REMOVAL,
                Map.of("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin")),
                List.of("rm", "-rf", "--one-file-system", "--", directory.toString())));
    if (!result.succeeded()) {
      throw new IOException("rm: " + result.complaint());
    }
  }
}
