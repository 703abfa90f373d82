package dev.bottle.agent.image;

import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.CommandRunner;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

/**
 * Unpacked images by digest. A directory with the final name is complete: it got its name by a
 * rename. Whoever asks for a digest that is being unpacked waits for the same work.
 */
public final class ImageStore {
  private static final Duration MODES = Duration.ofMinutes(10);
  private static final List<String> ROOTS = List.of("bin", "usr", "etc", "sbin");

  private final Path images;
  private final ImageSource source;
  private final CommandRunner runner;
  private final Executor executor;
  private final Map<String, CompletableFuture<StoredImage>> unpacking = new ConcurrentHashMap<>();

  /**
   * Keeps images below that directory.
   *
   * @param executor where pulls run; it bounds how many do at once
   */
  public ImageStore(Path images, ImageSource source, CommandRunner runner, Executor executor) {
    this.images = images;
    this.source = source;
    this.runner = runner;
    this.executor = executor;
  }

  /** Removes what interrupted pulls of an earlier agent left. Call it before the first pull. */
  public void sweep() throws IOException, InterruptedException {
    Files.createDirectories(images);
    Files.setPosixFilePermissions(images, PosixFilePermissions.fromString("rwx--x--x"));
    try (Stream<Path> entries = Files.list(images)) {
      for (Path leftover :
          entries.filter(entry -> entry.getFileName().toString().startsWith(".")).toList()) {
        remove(leftover);
      }
    }
  }

  /**
   * The image that the reference names now. Fails with {@link ImageFailure} as the cause.
   *
   * @param credentials used for this pull only
   */
  public CompletableFuture<StoredImage> pull(String reference, PullCredentials credentials) {
    return CompletableFuture.supplyAsync(
            () -> unchecked(() -> source.digest(reference, credentials)), executor)
        .thenCompose(digest -> ensure(reference, digest, credentials));
  }

  /** The unpacked image of this digest, when it is here. */
  public boolean has(String digest) {
    return Files.isDirectory(directory(digest));
  }

  private CompletableFuture<StoredImage> ensure(
      String reference, String digest, PullCredentials credentials) {
    StoredImage image = new StoredImage(digest, directory(digest).resolve("rootfs"));
    if (has(digest)) {
      return CompletableFuture.completedFuture(image);
    }
    return unpacking.computeIfAbsent(
        digest,
        key -> {
          CompletableFuture<StoredImage> work =
              CompletableFuture.supplyAsync(
                  () ->
                      unchecked(() -> {
                        unpack(reference, digest, credentials);
                        return image;
                      }),
                  executor);
          // Not in this thread: removing inside computeIfAbsent is forbidden.
          var _ = work.whenCompleteAsync((done, failed) -> unpacking.remove(digest), executor);
          return work;
        });
  }

  private void unpack(String reference, String digest, PullCredentials credentials)
      throws ImageFailure, InterruptedException {
    Path target = directory(digest);
    if (Files.isDirectory(target)) {
      return;
    }
    Path staging = images.resolve("." + target.getFileName());
    try {
      remove(staging);
      Path rootfs = Files.createDirectories(staging.resolve("rootfs"));
      Files.writeString(
          staging.resolve("config.json"), source.config(reference, digest, credentials));
      source.unpack(reference, digest, credentials, rootfs);
      if (ROOTS.stream().noneMatch(name -> Files.exists(rootfs.resolve(name)))) {
        throw new ImageFailure(
            Reason.ImageInvalid, reference + " has none of " + ROOTS + " in its root");
      }
      removeSpecialFiles(rootfs);
      readableByMachines(staging);
      Files.move(staging, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      boolean full =
          e instanceof FileSystemException fs && "No space left on device".equals(fs.getReason());
      throw new ImageFailure(
          full ? Reason.DiskFull : Reason.ImagePulling, reference + ": " + e.getMessage());
    } finally {
      tryRemove(staging);
    }
  }

  /**
   * The machine's process is no root: what is not o+rX is unreadable even for the guest's root
   * (smolvm.md §12.2).
   */
  private void readableByMachines(Path directory) throws IOException, InterruptedException {
    run("chmod", "-R", "o+rX", directory.toString());
  }

  /**
   * An image may hold device nodes, and this directory can be walked by every user of the node: a
   * world-writable disk in it would give them the disk. Guests have a /dev of their own.
   */
  private void removeSpecialFiles(Path rootfs) throws IOException, InterruptedException {
    run(
        "find",
        rootfs.toString(),
        "-xdev",
        "!",
        "-type",
        "f",
        "!",
        "-type",
        "d",
        "!",
        "-type",
        "l",
        "-delete");
  }

  private void remove(Path directory) throws IOException, InterruptedException {
    if (Files.exists(directory)) {
      run("rm", "-rf", "--one-file-system", directory.toString());
    }
  }

  private void tryRemove(Path staging) throws InterruptedException {
    try {
      remove(staging);
    } catch (IOException left) {
      // the next attempt and the next agent remove it again
    }
  }

  private void run(String... argv) throws IOException, InterruptedException {
    CommandResult result =
        runner.run(
            Command.of(
                MODES,
                Map.of("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin")),
                List.of(argv)));
    if (!result.succeeded()) {
      throw new IOException(argv[0] + ": " + result.complaint());
    }
  }

  private Path directory(String digest) {
    return images.resolve(digest.replace(':', '-'));
  }

  private interface Work<T> {
    T get() throws ImageFailure, InterruptedException;
  }

  private static <T> T unchecked(Work<T> work) {
    try {
      return work.get();
    } catch (ImageFailure e) {
      throw new CompletionException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    }
  }
}
