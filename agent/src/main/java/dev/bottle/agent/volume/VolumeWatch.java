package dev.bottle.agent.volume;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells when a volume's directory changed: kubelet swaps {@code ..data} there. The events only wake
 * a reconciler, which reads what is really there.
 */
public final class VolumeWatch implements AutoCloseable {
  private final WatchService service;
  private final Map<WatchKey, Runnable> wakeups = new ConcurrentHashMap<>();

  /** Starts a thread of its own. */
  public VolumeWatch(WatchService service) {
    this.service = service;
    Thread.ofPlatform().daemon().name("volume-watch").start(this::deliver);
  }

  /**
   * Calls back after each change until the directory is gone. Watching a directory twice replaces
   * the former callback.
   */
  public void watch(Path directory, Runnable changed) throws IOException {
    WatchKey key =
        directory.register(
            service,
            StandardWatchEventKinds.ENTRY_CREATE,
            StandardWatchEventKinds.ENTRY_DELETE,
            StandardWatchEventKinds.ENTRY_MODIFY);
    wakeups.put(key, changed);
  }

  private void deliver() {
    try {
      while (true) {
        WatchKey key = service.take();
        key.pollEvents();
        Runnable changed = wakeups.get(key);
        if (changed != null) {
          changed.run();
        }
        if (!key.reset()) {
          wakeups.remove(key);
        }
      }
    } catch (InterruptedException | ClosedWatchServiceException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    service.close();
  }
}
