package dev.bottle.operator.lease;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A clock and a scheduler whose time passes when the test says so. */
final class ManualScheduler extends ScheduledThreadPoolExecutor implements InstantSource {
  private Instant now = Instant.parse("2026-01-02T03:04:05Z");
  private final List<Due> due = new ArrayList<>();

  private record Due(Instant at, Runnable command, ScheduledFuture<?> handle) {}

  ManualScheduler() {
    super(1);
  }

  @Override
  public Instant instant() {
    return now;
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
    // A handle that can be cancelled; what runs it is pass().
    ScheduledFuture<?> handle = super.schedule(() -> {}, 1, TimeUnit.DAYS);
    due.add(new Due(now.plus(delay, unit.toChronoUnit()), command, handle));
    return handle;
  }

  void pass(Duration time) {
    Instant until = now.plus(time);
    List<Due> ripe =
        due.stream()
            .filter(task -> !task.at().isAfter(until) && !task.handle().isCancelled())
            .sorted(Comparator.comparing(Due::at))
            .toList();
    due.removeAll(ripe);
    for (Due task : ripe) {
      now = task.at();
      task.command().run();
    }
    now = until;
  }
}
