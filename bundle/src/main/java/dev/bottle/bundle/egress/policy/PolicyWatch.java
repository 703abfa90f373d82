package dev.bottle.bundle.egress.policy;

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
 * Loads the policy whenever its directory changes. kubelet swaps the link {@code ..data}, so every
 * event of the directory counts; a slow look besides covers lost events and a directory that is not
 * there yet.
 */
public final class PolicyWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyWatch.class);
  private static final Duration LOOK = Duration.ofSeconds(5);

  private final Path directory;
  private final PolicyLoader loader;
  private final WatchService watcher;
  private final Thread thread;
  private @Nullable WatchKey key;

  /** Loads once before it returns, then watches. */
  public PolicyWatch(Path file, PolicyLoader loader) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    this.directory = parent == null ? Path.of("/") : parent;
    this.loader = loader;
    this.watcher = directory.getFileSystem().newWatchService();
    register();
    loader.load();
    this.thread = Thread.ofPlatform().daemon().name("policy").start(this::watch);
  }

  /** Ends the watch; a load that is under way ends by itself. */
  @Override
  public void close() throws IOException {
    watcher.close();
    thread.interrupt();
  }

  private void watch() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        WatchKey changed = watcher.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        if (changed != null) {
          changed.pollEvents(); // before the load: what comes during it is a new event
          if (!changed.reset()) {
            key = null;
          }
        }
        register();
        load();
      }
    } catch (ClosedWatchServiceException | InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  private void load() {
    try {
      loader.load();
    } catch (RuntimeException e) {
      LOG.error("loading the policy failed", e);
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
      // Looked for again; the loader says that the file is missing.
      key = null;
    }
  }
}
