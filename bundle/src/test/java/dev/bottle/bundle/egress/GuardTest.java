package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.guard.BodyVerdict;
import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.bundle.egress.guard.Verdict;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.Wire;
import dev.bottle.bundle.egress.testing.World;
import dev.bottle.crd.condition.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardTest {
  private static final String POST =
      "POST / HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: 6\r\n\r\nsecret";

  private static final Refusal REFUSAL =
      new Refusal(403, Reason.RequestMalformed, "Test", World.HOST, 443);

  private final List<String> seen = new CopyOnWriteArrayList<>();

  @TempDir private Path home;

  @Test
  void aGuardSeesEachPartInOrderAndMayChangeHeads() throws IOException {
    try (World world = World.start(home, Limits.DEFAULT, new Recorder("").guard())) {
      answer(world);
      Guest guest = world.tunnel();
      guest.send(POST);

      assertThat(Wire.until(guest.in(), "answer")).contains("x-added: response\r\n");
      assertThat(world.origin().heads()).singleElement().asString().contains("x-added: request");
      assertThat(seen)
          .containsExactly(
              "request origin.example.org",
              "request body secret",
              "response",
              "response body answer");
    }
  }

  @Test
  void aRefusedHeadNeverLeaves() throws IOException {
    try (World world = World.start(home, Limits.DEFAULT, new Recorder("request head").guard())) {
      answer(world);
      Guest guest = world.tunnel();
      guest.send(POST);

      assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 403 ").contains("\"rule\":\"Test\"");
      assertThat(world.dialled()).isEmpty();
    }
  }

  @Test
  void aRefusedBodyNeverLeaves() throws IOException {
    try (World world = World.start(home, Limits.DEFAULT, new Recorder("request body").guard())) {
      List<String> got = new CopyOnWriteArrayList<>();
      world
          .origin()
          .script(connection -> {
            connection.head();
            got.add(Wire.rest(connection.in()));
          });
      Guest guest = world.tunnel();
      guest.send(POST);

      assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 403 ");
      await().untilAsserted(() -> assertThat(world.origin().open()).isZero());
      assertThat(got).allSatisfy(body -> assertThat(body).isEmpty());
    }
  }

  @Test
  void aRefusedResponseHeadBecomesTheRefusal() throws IOException {
    try (World world = World.start(home, Limits.DEFAULT, new Recorder("response head").guard())) {
      answer(world);
      Guest guest = world.tunnel();
      guest.send(POST);

      assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 403 ").doesNotContain("answer");
    }
  }

  @Test
  void aRefusedResponseBodyCutsTheTunnel() throws IOException {
    try (World world = World.start(home, Limits.DEFAULT, new Recorder("response body").guard())) {
      answer(world);
      Guest guest = world.tunnel();
      guest.send(POST);

      assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 200 ");
      String rest;
      try {
        rest = Wire.rest(guest.in());
      } catch (IOException cut) {
        rest = "";
      }
      assertThat(rest).isEmpty();
    }
  }

  @Test
  void ofTwoGuardsTheSecondDoesNotSeeWhatTheFirstRefuses() throws IOException {
    Guard both = new Recorder("request head").guard().then(new Recorder("").guard());
    try (World world = World.start(home, Limits.DEFAULT, both)) {
      Guest guest = world.tunnel();
      guest.send(POST);

      assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 403 ");
      assertThat(seen).containsExactly("request origin.example.org");
    }
  }

  @Test
  void whatAGuardHoldsBackGoesOnLaterAndWhatItMasksKeepsItsLength() throws IOException {
    CountDownLatch closed = new CountDownLatch(1);
    try (World world = World.start(home, Limits.DEFAULT, _ -> new Hoarder(closed))) {
      world
          .origin()
          .script(connection -> {
            connection.head();
            String got = Wire.exactly(connection.in(), 6);
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (String part : List.of(got.substring(0, 3), got.substring(3))) {
              connection.send("3\r\n" + part + "\r\n");
            }
            connection.send("0\r\n\r\n");
            connection.in().read();
          });
      Guest guest = world.tunnel();
      guest.send("POST / HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: 6\r\n\r\n");
      guest.send("sec");
      guest.send("ret");

      assertThat(Wire.until(guest.in(), "0\r\n\r\n")).endsWith("\r\n6\r\nXXXXXX\r\n0\r\n\r\n");
      assertThat(await().until(closed::getCount, count -> count == 0)).isZero();
    }
  }

  @Test
  void aGuardIsClosedWhenTheGuestLeaves() throws IOException {
    CountDownLatch closed = new CountDownLatch(1);
    try (World world = World.start(home, Limits.DEFAULT, _ -> new Hoarder(closed))) {
      world.origin().script(connection -> connection.in().readAllBytes());
      Guest guest = world.tunnel();
      guest.send("POST / HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: 6\r\n\r\nsec");
      await().until(() -> world.origin().connections() == 1);
      assertThat(closed.getCount()).isOne();

      guest.close();

      assertThat(await().until(closed::getCount, count -> count == 0)).isZero();
    }
  }

  /** Lets a body go on only when it is whole; what comes back it masks. */
  private static final class Hoarder implements ExchangeGuard {
    private final ByteBuf kept = Unpooled.buffer();
    private final CountDownLatch closed;

    Hoarder(CountDownLatch closed) {
      this.closed = closed;
    }

    @Override
    public BodyVerdict requestBody(ByteBuf chunk, boolean last) {
      return hold(chunk, last);
    }

    @Override
    public BodyVerdict responseBody(ByteBuf chunk, boolean last) {
      for (int i = chunk.readerIndex(); i < chunk.writerIndex(); i++) {
        chunk.setByte(i, 'X');
      }
      return hold(chunk, last);
    }

    private BodyVerdict hold(ByteBuf chunk, boolean last) {
      kept.writeBytes(chunk);
      chunk.release();
      return new BodyVerdict.Forward(
          last ? kept.readBytes(kept.readableBytes()) : Unpooled.EMPTY_BUFFER);
    }

    @Override
    public void close() {
      kept.release();
      closed.countDown();
    }
  }

  private static void answer(World world) {
    world
        .origin()
        .script(connection -> {
          connection.head();
          Wire.exactly(connection.in(), 6);
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer");
          connection.in().read();
        });
  }

  /** Notes what it sees, and refuses one part. */
  private final class Recorder {
    private final String refused;

    Recorder(String refused) {
      this.refused = refused;
    }

    Guard guard() {
      return this::open;
    }

    ExchangeGuard open(String host) {
      return new ExchangeGuard() {
        @Override
        public Verdict requestHead(HttpRequest head) {
          seen.add("request " + host);
          head.headers().set("x-added", "request");
          return verdict("request head");
        }

        @Override
        public BodyVerdict requestBody(ByteBuf chunk, boolean last) {
          note("request body ", chunk);
          return verdict("request body", chunk);
        }

        @Override
        public Verdict responseHead(HttpResponse head) {
          seen.add("response");
          head.headers().set("x-added", "response");
          return verdict("response head");
        }

        @Override
        public BodyVerdict responseBody(ByteBuf chunk, boolean last) {
          note("response body ", chunk);
          return verdict("response body", chunk);
        }
      };
    }

    private void note(String what, ByteBuf chunk) {
      if (chunk.isReadable()) {
        seen.add(what + chunk.toString(StandardCharsets.US_ASCII));
      }
    }

    private Verdict verdict(String part) {
      return part.equals(refused) ? new Verdict.Refuse(REFUSAL) : Verdict.PASS;
    }

    private BodyVerdict verdict(String part, ByteBuf chunk) {
      if (!part.equals(refused)) {
        return new BodyVerdict.Forward(chunk);
      }
      chunk.release();
      return new BodyVerdict.Refuse(REFUSAL);
    }
  }
}
