package dev.bottle.agent.machine;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets a task run at most once in a while: the first time at once, later ones when the pause since
 * the last is over, and those that are asked for meanwhile together.
 */
final class Pacing {
  private final String name;
  private final Duration pause;
  private boolean due;
  private @Nullable Long ranNanos;

  /**
   * @param name of the task, for its thread
   * @param pause between two runs
   */
  Pacing(String name, Duration pause) {
    this.name = name;
    this.pause = pause;
  }

  /** Runs it on a thread of its own, unless a run is due already. Does not block. */
  synchronized void soon(Runnable task) {
    if (due) {
      return;
    }
    due = true;
    later()
        .execute(() -> {
          begin();
          task.run();
        });
  }

  private synchronized void begin() {
    due = false;
    ranNanos = System.nanoTime();
  }

  private Executor later() {
    long passed = ranNanos == null ? pause.toNanos() : System.nanoTime() - ranNanos;
    return CompletableFuture.delayedExecutor(
        Math.max(0, pause.toNanos() - passed),
        TimeUnit.NANOSECONDS,
        task -> Thread.ofVirtual().name(name).start(task));
  }
}
