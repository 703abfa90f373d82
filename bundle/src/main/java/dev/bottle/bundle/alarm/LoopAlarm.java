package dev.bottle.bundle.alarm;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** An alarm on an event loop. */
public final class LoopAlarm implements Alarm {
  /** A moment that is further away than this is waited for in parts: who is woken asks again. */
  private static final Duration MOST = Duration.ofDays(7);

  private final EventLoop loop;
  private final Clock clock;

  /** By this clock; tasks run on this event loop. */
  public LoopAlarm(EventLoop loop, Clock clock) {
    this.loop = loop;
    this.clock = clock;
  }

  @Override
  public Runnable at(Instant moment, Runnable task) {
    Instant now = clock.instant();
    Instant until = moment.isAfter(now.plus(MOST)) ? now.plus(MOST) : moment;
    // A millisecond more: rounded down, it would be woken before its time and wait once more.
    long millis = Math.max(0, Duration.between(now, until).toMillis() + 1);
    Future<?> timer = loop.schedule(task, millis, TimeUnit.MILLISECONDS);
    return () -> timer.cancel(false);
  }
}
