package dev.bottle.bundle.egress.exchange;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Does one thing after a while, unless it is called off. On its event loop only. */
final class Patience {
  private final EventLoop loop;
  private @Nullable Future<?> timer;

  Patience(EventLoop loop) {
    this.loop = loop;
  }

  /** In place of what it was armed with. */
  void arm(Duration patience, Runnable then) {
    disarm();
    timer =
        loop.schedule(
            () -> {
              timer = null;
              then.run();
            },
            patience.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  boolean isArmed() {
    return timer != null;
  }

  void disarm() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }
}
