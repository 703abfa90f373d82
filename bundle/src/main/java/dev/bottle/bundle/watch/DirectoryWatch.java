package dev.bottle.bundle.watch;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at a directory whenever it changes. kubelet swaps the link {@code ..data} (Kubernetes,
 * pkg/volume/util/atomic_writer.go), so every event of the directory counts; a slow look besides
 * covers lost events and a directory that is not there yet.
 */
public final class DirectoryWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DirectoryWatch.class);
  private static final Duration INTERVAL = Duration.ofSeconds(5);

  private final Path directory;
  private final Runnable look;
  private final WatchService watcher;
  private final Thread thread;
  private @Nullable WatchKey key;

  /**
   * Looks once before it returns, then watches.
   *
   * @param name of the thread that looks
   * @param look reads what it needs; never runs twice at once
   */
  public DirectoryWatch(Path directory, String name, Runnable look) throws IOException {
    this.directory = directory;
    this.look = look;
    this.watcher = directory.getFileSystem().newWatchService();
    register();
    look.run();
    this.thread = Thread.ofPlatform().daemon().name(name).start(this::watch);
  }

  /** Ends the watch; a look that is under way ends by itself. */
  @Override
  public void close() throws IOException {
    watcher.close();
    thread.interrupt();
  }

  private void watch() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        WatchKey changed = watcher.poll(INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        if (changed != null) {
          changed.pollEvents(); // before the look: what comes during it is a new event
          if (!changed.reset()) {
            key = null;
          }
        }
        register();
        look();
      }
    } catch (ClosedWatchServiceException | InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() {
    try {
      look.run();
    } catch (RuntimeException e) {
      LOG.error("looking at {} failed", directory, e);
    }
  }

  private void register() {
    if (key != null) {
      return;
    }
    try {
      key =
          directory.register(
              watcher,
              StandardWatchEventKinds.ENTRY_CREATE,
              StandardWatchEventKinds.ENTRY_MODIFY,
              StandardWatchEventKinds.ENTRY_DELETE);
    } catch (IOException absent) {
      // Looked for again; who looks says that it is missing.
      key = null;
    }
  }
}
