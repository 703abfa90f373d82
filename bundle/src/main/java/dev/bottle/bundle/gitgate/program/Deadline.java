package dev.bottle.bundle.gitgate.program;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** When programs must have ended. It may come early, because nobody waits for them any more. */
public final class Deadline {
  private final long end;
  private final Running running;

  /** What is to be killed, and whether it was. */
  private static final class Running {
    private final Set<Runnable> kills = ConcurrentHashMap.newKeySet();
    private volatile boolean cancelled;
  }

  private Deadline(long end, Running running) {
    this.end = end;
    this.running = running;
  }

  /** So long from now. */
  public static Deadline in(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos(), new Running());
  }

  /** This one, or so long from now when that is earlier; cancelled with this one. */
  public Deadline atMost(Duration time) {
    long earlier = System.nanoTime() + time.toNanos();
    return new Deadline(earlier - end < 0 ? earlier : end, running);
  }

  /** What is left, never negative. */
  public Duration left() {
    return running.cancelled
        ? Duration.ZERO
        : Duration.ofNanos(Math.max(0, end - System.nanoTime()));
  }

  /** Kills what runs, and whatever begins later. */
  public void cancel() {
    running.cancelled = true;
    running.kills.forEach(Runnable::run);
  }

  void add(Runnable kill) {
    running.kills.add(kill);
    if (running.cancelled) {
      kill.run();
    }
  }

  void remove(Runnable kill) {
    running.kills.remove(kill);
  }
}
