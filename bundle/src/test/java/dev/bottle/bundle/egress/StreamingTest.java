package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.Wire;
import dev.bottle.bundle.egress.testing.World;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamingTest {
  private static final int TOTAL = 64 << 20;

  /**
   * What sockets of loopback may hold between the two ends (two TCP connections and a unix socket),
   * and far less than {@link #TOTAL}.
   */
  private static final int IN_SOCKETS = 24 << 20;

  private static final byte[] BLOCK = new byte[16 * 1024];

  @TempDir private Path home;

  @SuppressWarnings("NullAway.Init")
  private World world;

  @BeforeEach
  void start() throws IOException {
    world = World.start(home);
  }

  @AfterEach
  void stop() throws IOException {
    world.close();
  }

  @Test
  void eventsArriveOneByOne() throws IOException, InterruptedException {
    CountDownLatch[] read = {new CountDownLatch(1), new CountDownLatch(1)};
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send(
              """
              HTTP/1.1 200 OK\r
              Content-Type: text/event-stream\r
              Transfer-Encoding: chunked\r
              \r
              """);
          for (CountDownLatch latch : read) {
            connection.send("9\r\ndata: 1\n\n\r\n");
            latch.await(); // the next only when the guest has this one
          }
          connection.send("0\r\n\r\n");
        });
    Guest guest = world.tunnel();
    guest.send("GET /events HTTP/1.1\r\nHost: origin.example.org\r\n\r\n");

    assertThat(Wire.head(guest.in())).contains("text/event-stream");
    for (CountDownLatch latch : read) {
      assertThat(Wire.until(guest.in(), "\n\n\r\n")).isEqualTo("9\r\ndata: 1\n\n\r\n");
      latch.countDown();
    }
    assertThat(Wire.until(guest.in(), "0\r\n\r\n")).isEqualTo("0\r\n\r\n");
  }

  @Test
  void aGuestThatDoesNotReadStopsTheUpstreamAndGetsEverythingLater() throws IOException {
    AtomicLong sent = new AtomicLong();
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + TOTAL + "\r\n\r\n");
          while (sent.get() < TOTAL) {
            connection.out().write(BLOCK);
            sent.addAndGet(BLOCK.length);
          }
          connection.out().flush();
          connection.in().read();
        });
    Guest guest = world.tunnel();
    guest.send("GET / HTTP/1.1\r\nHost: origin.example.org\r\n\r\n");
    Wire.head(guest.in());

    awaitStill(sent);
    assertThat(sent.get()).isLessThan(IN_SOCKETS);

    long got = 0;
    while (got < TOTAL) {
      got += guest.in().readNBytes(BLOCK.length).length;
    }
    assertThat(sent.get()).isEqualTo(TOTAL);
  }

  @Test
  void anUpstreamThatDoesNotReadStopsTheGuestAndGetsEverythingLater() throws IOException {
    CountDownLatch reading = new CountDownLatch(1);
    world
        .origin()
        .script(connection -> {
          connection.head();
          reading.await();
          long got = 0;
          while (got < TOTAL) {
            got += connection.in().readNBytes(BLOCK.length).length;
          }
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          connection.in().read();
        });
    Guest guest = world.tunnel();
    AtomicLong sent = new AtomicLong();
    Thread.ofVirtual()
        .start(() -> {
          try {
            guest.send(
                "PUT / HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: "
                    + TOTAL
                    + "\r\n\r\n");
            while (sent.get() < TOTAL) {
              guest.out().write(BLOCK);
              sent.addAndGet(BLOCK.length);
            }
          } catch (IOException failed) {
            sent.set(-1);
          }
        });

    awaitStill(sent);
    assertThat(sent.get()).isBetween(1L, (long) IN_SOCKETS);

    reading.countDown();
    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    assertThat(sent.get()).isEqualTo(TOTAL);
  }

  /** Until it has moved and then does not for a while. */
  private static void awaitStill(AtomicLong count) {
    await().until(() -> count.get() > 0);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            new Callable<>() {
              private long last = -1;
              private int still;

              @Override
              public Boolean call() {
                long now = count.get();
                still = now == last ? still + 1 : 0;
                last = now;
                return still == 6;
              }
            });
  }
}
