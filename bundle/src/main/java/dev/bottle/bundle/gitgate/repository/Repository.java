package dev.bottle.bundle.gitgate.repository;

import dev.bottle.bundle.gitgate.upstream.UpstreamAccess;
import dev.bottle.crd.policy.GitUpstream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One upstream's bare repository here. */
public final class Repository {
  private final GitUpstream upstream;
  private final Path directory;
  private final UpstreamAccess access;
  private volatile boolean refreshed;
  private final Semaphore free = new Semaphore(1, true);

  Repository(GitUpstream upstream, Path directory, UpstreamAccess access) {
    this.upstream = upstream;
    this.directory = directory;
    this.access = access;
  }

  /** As the policy has it. */
  public GitUpstream upstream() {
    return upstream;
  }

  /** Where it is; need not be there before the first refresh. */
  public Path directory() {
    return directory;
  }

  /** Whether it has been what the upstream was, once since the policy named it. */
  public boolean refreshed() {
    return refreshed;
  }

  void refresh() {
    refreshed = true;
  }

  /** How its upstream is reached. */
  public UpstreamAccess access() {
    return access;
  }

  /**
   * The right to change its refs, which one has at a time: whoever fetches, and whoever pushes from
   * before the upstream hears of it until the refs here have followed. Any thread may give it back.
   *
   * @return null when the time was over before
   */
  public @Nullable Hold hold(Duration patience) throws InterruptedException {
    return free.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS) ? new Hold() : null;
  }

  /** Until it is closed. */
  public final class Hold implements AutoCloseable {
    private final AtomicBoolean open = new AtomicBoolean(true);

    private Hold() {}

    @Override
    public void close() {
      if (open.compareAndSet(true, false)) {
        free.release();
      }
    }
  }
}
