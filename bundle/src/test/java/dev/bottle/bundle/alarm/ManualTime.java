package dev.bottle.bundle.alarm;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Time that passes when the test says so. */
public final class ManualTime extends Clock implements Alarm {
  private Instant now;
  private final List<Waiting> waiting = new ArrayList<>();

  /** No record: two that look alike are two. */
  private static final class Waiting {
    private final Instant moment;
    private final Runnable task;

    Waiting(Instant moment, Runnable task) {
      this.moment = moment;
      this.task = task;
    }
  }

  /** Begins then. */
  public ManualTime(Instant now) {
    this.now = now;
  }

  /** Lets so much pass; what was waited for happens on the caller's thread. */
  public void pass(Duration time) {
    passUnnoticed(time);
    for (Optional<Runnable> next = due(); next.isPresent(); next = due()) {
      next.get().run();
    }
  }

  /** The same, but what was waited for is late: it happens when time passes the next time. */
  public synchronized void passUnnoticed(Duration time) {
    now = now.plus(time);
  }

  private synchronized Optional<Runnable> due() {
    Optional<Waiting> first =
        waiting.stream()
            .filter(one -> !one.moment.isAfter(now))
            .min(Comparator.comparing(one -> one.moment));
    first.ifPresent(waiting::remove);
    return first.map(one -> one.task);
  }

  /** How many things are waited for. */
  public synchronized int waiting() {
    return waiting.size();
  }

  @Override
  public synchronized Runnable at(Instant moment, Runnable task) {
    Waiting one = new Waiting(moment, task);
    waiting.add(one);
    return () -> callOff(one);
  }

  private synchronized void callOff(Waiting one) {
    waiting.remove(one);
  }

  @Override
  public synchronized Instant instant() {
    return now;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException();
  }
}
