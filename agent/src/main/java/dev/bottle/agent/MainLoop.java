package dev.bottle.agent;

import dev.bottle.agent.machine.BottleReconciler;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.crd.api.Bottle;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Hands what the informer sees to the reconcilers, one for each Bottle UID, and looks once a second
 * whether their machines' processes live. Its pulse is the agent's: see {@link #isAlive}.
 */
final class MainLoop implements ResourceEventHandler<Bottle> {
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration STALE = Duration.ofSeconds(15);

  private final Function<Seen, BottleReconciler> reconcilers;
  private final Clock clock;
  private final BlockingQueue<Seen> queue = new LinkedBlockingQueue<>();
  private final Map<String, BottleReconciler> byUid = new HashMap<>();
  private volatile Instant lastTick;

  /**
   * News of one Bottle.
   *
   * @param current null when it is not among this node's any more
   */
  record Seen(BottleRef bottle, @Nullable Bottle current) {}

  MainLoop(Function<Seen, BottleReconciler> reconcilers, Clock clock) {
    this.reconcilers = reconcilers;
    this.clock = clock;
    this.lastTick = clock.instant();
  }

  /** A machine was found on the node whose Bottle the informer does not know. */
  void orphan(BottleRef bottle) {
    queue.add(new Seen(bottle, null));
  }

  @Override
  public void onAdd(Bottle bottle) {
    queue.add(new Seen(BottleRef.of(bottle), bottle));
  }

  @Override
  public void onUpdate(Bottle former, Bottle current) {
    queue.add(new Seen(BottleRef.of(current), current));
  }

  @Override
  public void onDelete(Bottle last, boolean finalStateUnknown) {
    queue.add(new Seen(BottleRef.of(last), null));
  }

  /** Runs until interrupted. */
  void run() throws InterruptedException {
    while (true) {
      Seen seen = queue.poll(TICK.toMillis(), TimeUnit.MILLISECONDS);
      if (seen != null) {
        deliver(seen);
      }
      Instant now = clock.instant();
      if (Duration.between(lastTick, now).compareTo(TICK) >= 0) {
        byUid.values().removeIf(MainLoop::isFinished);
        byUid.values().forEach(BottleReconciler::checkProcess);
        lastTick = now;
      }
    }
  }

  /** Whether the loop went round lately. */
  boolean isAlive() {
    return Duration.between(lastTick, clock.instant()).compareTo(STALE) < 0;
  }

  private void deliver(Seen seen) {
    BottleReconciler known = byUid.get(seen.bottle().uid());
    if (known == null || !tell(known, seen)) {
      if (known != null) {
        known.close();
      }
      BottleReconciler reconciler = reconcilers.apply(seen);
      byUid.put(seen.bottle().uid(), reconciler);
      var _ = tell(reconciler, seen);
    }
  }

  private static boolean tell(BottleReconciler reconciler, Seen seen) {
    return seen.current() == null ? reconciler.vanished() : reconciler.seen(seen.current());
  }

  private static boolean isFinished(BottleReconciler reconciler) {
    if (!reconciler.finished().isDone()) {
      return false;
    }
    reconciler.close();
    return true;
  }
}
