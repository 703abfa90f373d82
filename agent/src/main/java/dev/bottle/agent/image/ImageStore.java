package dev.bottle.agent.image;

import dev.bottle.agent.smolvm.MachineRuntime;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/**
 * Unpacked images by digest. Each pull asks the registry with the credentials of its own Bottle,
 * also for an image that is here: what one Bottle may have, another may not. Whoever asks for one
 * that is being unpacked waits for the same work.
 */
public final class ImageStore {
  /** What an ordinary image grows by when it is unpacked; more is found out on the way. */
  private static final long GROWTH = 3;

  private static final int QUESTIONS_AT_ONCE = 8;

  private final StoreDirectory directory;
  private final ImageSource source;
  private final StoreMount mount;
  private final DiskSpace disk;
  private final Clock clock;
  private final Executor executor;
  private final ImageHolds holds = new ImageHolds();
  private final ImageCollector collector;
  private final Semaphore questions = new Semaphore(QUESTIONS_AT_ONCE, true);
  private final Map<String, CompletableFuture<ResolvedImage>> unpacking = new ConcurrentHashMap<>();

  /**
   * Keeps images in that directory.
   *
   * @param runtime says which images machines use
   * @param executor where images are unpacked; it bounds how many are at once
   */
  public ImageStore(
      StoreDirectory directory,
      ImageSource source,
      StoreMount mount,
      MachineRuntime runtime,
      DiskSpace disk,
      Clock clock,
      Executor executor) {
    this.directory = directory;
    this.source = source;
    this.mount = mount;
    this.disk = disk;
    this.clock = clock;
    this.executor = executor;
    this.collector = new ImageCollector(directory, holds, runtime, disk, clock);
  }

  /** Removes what interrupted pulls of an earlier agent left. Call it before the first pull. */
  public void sweep() throws IOException, InterruptedException {
    directory.sweep();
  }

  /** Removes unused images from now on. */
  public void collectAlways() {
    collector.start();
  }

  /** Removes unused images that are due now; until there is so much room in any case. */
  void collect(long room) throws InterruptedException {
    collector.collect(room);
  }

  /**
   * The image that the reference names now. Fails with {@link ImageFailure} as the cause. Whoever
   * gets it closes it when a machine was made from it, or none will be.
   *
   * @param credentials used for this pull only
   */
  public CompletableFuture<ImageHold> pull(String reference, PullCredentials credentials) {
    return CompletableFuture.supplyAsync(
            () -> unchecked(() -> asked(reference, credentials)), ImageStore::aside)
        .thenCompose(image -> held(image, credentials));
  }

  /** Not where images are unpacked: who only asks need not wait for a slow registry of others. */
  private static void aside(Runnable question) {
    Thread.ofVirtual().name("image-question").start(question);
  }

  private ResolvedImage asked(String reference, PullCredentials credentials)
      throws ImageFailure, InterruptedException {
    questions.acquire();
    try {
      mount.ensure();
      return source.resolve(reference, credentials);
    } finally {
      questions.release();
    }
  }

  private CompletableFuture<ImageHold> held(ResolvedImage image, PullCredentials credentials) {
    // Held from before it is looked for: nobody removes it between look and use.
    ImageHold hold = holds.acquire(directory.image(image.digest()));
    CompletableFuture<ResolvedImage> here;
    try {
      here = here(image, credentials);
    } catch (CompletionException e) {
      here = CompletableFuture.failedFuture(e);
    }
    return here.handle((done, failed) -> {
      if (failed != null) {
        hold.close();
        throw failed instanceof CompletionException wrapped
            ? wrapped
            : new CompletionException(failed);
      }
      return hold;
    });
  }

  private CompletableFuture<ResolvedImage> here(ResolvedImage image, PullCredentials credentials) {
    if (unchecked(() -> isHere(image))) {
      return CompletableFuture.completedFuture(image);
    }
    return unpacking.computeIfAbsent(
        image.pinned(),
        key -> {
          CompletableFuture<ResolvedImage> work =
              CompletableFuture.supplyAsync(
                  () ->
                      unchecked(() -> {
                        have(image, credentials);
                        return image;
                      }),
                  executor);
          // Not in this thread: removing inside computeIfAbsent is forbidden.
          var _ =
              work.whenCompleteAsync((done, failed) -> unpacking.remove(key), ImageStore::aside);
          return work;
        });
  }

  /**
   * A manifest is no proof that one may have the layers: anybody who knows it can serve it. So only
   * the repositories from which the whole image came once count, and another one has to give it.
   */
  private boolean isHere(ResolvedImage image) throws ImageFailure {
    try {
      boolean here = directory.isFrom(image.digest(), image.repository());
      if (here) {
        directory.touch(image.digest(), clock.instant());
      }
      return here;
    } catch (IOException e) {
      throw failure(image, e);
    }
  }

  private void have(ResolvedImage image, PullCredentials credentials)
      throws ImageFailure, InterruptedException {
    try {
      if (!isHere(image)) { // by now somebody else may have unpacked it
        unpack(image, credentials);
        directory.touch(image.digest(), clock.instant());
      }
    } catch (IOException e) {
      throw failure(image, e);
    }
  }

  private static ImageFailure failure(ResolvedImage image, IOException e) {
    boolean full =
        e instanceof FileSystemException fs && "No space left on device".equals(fs.getReason());
    return new ImageFailure(
        full ? Reason.DiskFull : Reason.ImagePulling, image.pinned() + ": " + e.getMessage());
  }

  private void unpack(ResolvedImage image, PullCredentials credentials)
      throws ImageFailure, IOException, InterruptedException {
    long wanted = Math.multiplyExact(GROWTH, Math.min(image.compressedBytes(), 1L << 60));
    if (disk.now().room() < wanted) {
      collector.collect(wanted);
    }
    long room = disk.now().room();
    if (room < image.compressedBytes()) {
      throw new ImageFailure(
          Reason.DiskFull,
          image.pinned() + ": the node's disk has room for " + (room >> 20) + " MiB only");
    }
    Path staging = directory.begin();
    try {
      source.unpack(image, credentials, staging, room);
      directory.publish(staging, image);
    } finally {
      directory.discard(staging);
    }
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
