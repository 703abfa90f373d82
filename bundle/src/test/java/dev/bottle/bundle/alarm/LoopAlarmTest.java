package dev.bottle.bundle.alarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopAlarmTest {
  private static final Instant NOW = Instant.parse("2026-11-27T12:00:00Z");

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final LoopAlarm alarm = new LoopAlarm(loops.next(), Clock.fixed(NOW, ZoneOffset.UTC));
  private final AtomicInteger rung = new AtomicInteger();

  @AfterEach
  void close() {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void whatIsDueOrPastHappensOnceAndWhatIsCalledOffDoesNot() {
    Runnable off = alarm.at(NOW.plusMillis(30), () -> rung.addAndGet(100));
    alarm.at(NOW.plusMillis(40), rung::incrementAndGet);
    alarm.at(NOW.minus(Duration.ofDays(400)), rung::incrementAndGet);
    off.run();
    await().until(() -> rung.get() == 2);
    await().during(Duration.ofMillis(100)).until(() -> rung.get() == 2);
  }

  @Test
  void theEndOfTimeIsWaitedForInParts() {
    alarm.at(Instant.MAX, rung::incrementAndGet).run();
    assertThat(rung).hasValue(0);
  }
}
