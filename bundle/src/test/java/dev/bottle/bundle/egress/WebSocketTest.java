package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.guard.BodyVerdict;
import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.bundle.egress.guard.Opcode;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.bundle.egress.testing.Frames;
import dev.bottle.bundle.egress.testing.Frames.Frame;
import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.Origin;
import dev.bottle.bundle.egress.testing.Wire;
import dev.bottle.bundle.egress.testing.World;
import dev.bottle.bundle.egress.testing.World.ControlStream;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.policy.AuthType;
import dev.bottle.crd.policy.OnMatch;
import dev.bottle.crd.policy.RouteAuth;
import dev.bottle.crd.policy.RoutePolicy;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.URI;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("StringConcatToTextBlock") // line ends are what is tested
class WebSocketTest {
  private static final String SLOT = "EGRESS_TOKEN_0";
  private static final String TOKEN = "sk-real-0123456789abcdef";
  private static final int CLOSE = 0x88;

  private final Queue<Frame> received = new ConcurrentLinkedQueue<>();

  @TempDir private Path home;

  @Test
  void anOrdinaryClientTalksAndIsAnsweredAndTheTokenDoesNotComeBack() throws Exception {
    try (World world = start(Guard.NONE)) {
      world
          .origin()
          .script(connection -> {
            connection.send(Frames.accept(connection.head(), ""));
            Frame said = note(connection);
            connection.send(Frames.text(false, said.payload() + " " + TOKEN));
            note(connection);
            connection.send(Frames.frame(CLOSE, false, "\u0003\u00e8"));
          });
      BlockingQueue<String> heard = new LinkedBlockingQueue<>();
      WebSocket socket =
          world
              .client()
              .newWebSocketBuilder()
              .header("Authorization", "Bearer placeholder")
              .buildAsync(URI.create("wss://origin.example.org/ws"), new Listener(heard))
              .get(20, TimeUnit.SECONDS);
      socket.sendText("hello", true).get(20, TimeUnit.SECONDS);

      assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("hello " + "*".repeat(TOKEN.length()));
      socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(20, TimeUnit.SECONDS);
      assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("closed 1000");
      assertThat(received)
          .containsExactly(new Frame(0x81, true, "hello"), new Frame(CLOSE, true, "\u0003\u00e8"));
      assertThat(world.origin().heads())
          .singleElement()
          .asString()
          .contains("authorization: Bearer " + TOKEN)
          .doesNotContain("placeholder");
    }
  }

  @Test
  void withoutALeaveOfTheRouteItIsRefusedReportedAndNotSent() throws IOException {
    try (World world = start(Guard.NONE)) {
      for (var policy : List.of(world.allowing(World.HOST), world.routing(route(false)))) {
        world.awaitPolicy(policy);
        ControlStream control = world.control();
        control.next();
        Guest guest = world.tunnel();
        guest.send(Frames.request(World.HOST, ""));

        assertThat(Wire.rest(guest.in()))
            .startsWith("HTTP/1.1 403 ")
            .contains("\"rule\":\"WebSocketNotAllowed\"");
        assertThat(control.next())
            .isEqualTo(new Denial("egress", World.HOST, 443, "RequestNotAllowed"));
      }
      assertThat(world.dialled()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Connection: keep-alive, Upgrade|Connection: keep-alive",
        "Sec-WebSocket-Version: 13|Sec-WebSocket-Version: 8",
        "GET /ws|POST /ws",
        "Upgrade: websocket|Upgrade: websocket\r\nTransfer-Encoding: chunked",
      })
  void aMalformedOpeningIsRefused(String change) throws IOException {
    try (World world = start(Guard.NONE)) {
      List<String> parts = List.of(change.split("\\|", -1));
      Guest guest = world.tunnel();
      guest.send(Frames.request(World.HOST, "").replace(parts.getFirst(), parts.getLast()));

      assertThat(Wire.rest(guest.in()))
          .startsWith("HTTP/1.1 400 ")
          .contains("\"rule\":\"WebSocketMalformed\"");
      assertThat(world.dialled()).isEmpty();
    }
  }

  @Test
  void framesThatComeWithThe101AndInPiecesArrive() throws IOException {
    try (World world = start(Guard.NONE)) {
      String big = "x".repeat(100_000);
      world
          .origin()
          .script(connection -> {
            connection.send(
                Frames.accept(connection.head(), "Sec-WebSocket-Protocol: chat\r\n")
                    + Frames.text(false, "first")
                    + Frames.frame(0x01, false, "half"));
            connection.send(Frames.frame(0x80, false, big));
            connection.send(Frames.frame(0x89, false, "ping"));
            note(connection);
            connection.in().read();
          });
      Guest guest = world.tunnel();
      guest.send(
          Frames.request(
              World.HOST,
              "Sec-WebSocket-Protocol: chat\r\n"
                  + "Sec-WebSocket-Extensions: permessage-deflate\r\n"));

      assertThat(Wire.head(guest.in()))
          .startsWith("HTTP/1.1 101 ")
          .contains("Sec-WebSocket-Protocol: chat\r\n")
          .containsIgnoringCase("\r\nupgrade: websocket\r\n")
          .containsIgnoringCase("\r\nconnection: upgrade\r\n");
      assertThat(Frames.read(guest.in())).isEqualTo(new Frame(0x81, false, "first"));
      assertThat(Frames.read(guest.in())).isEqualTo(new Frame(0x01, false, "half"));
      assertThat(Frames.read(guest.in())).isEqualTo(new Frame(0x80, false, big));
      assertThat(Frames.read(guest.in())).isEqualTo(new Frame(0x89, false, "ping"));
      for (char letter : Frames.frame(0x8a, true, "pong").toCharArray()) {
        guest.send(String.valueOf(letter));
      }
      await().untilAsserted(() -> assertThat(received).hasSize(1));
      assertThat(received).containsExactly(new Frame(0x8a, true, "pong"));
      assertThat(world.origin().heads())
          .singleElement()
          .asString()
          .doesNotContainIgnoringCase("extensions");
    }
  }

  @Test
  void moreThanAnyBufferHoldsPassesBothWays() throws IOException {
    try (World world = start(Guard.NONE)) {
      int frames = 600;
      String payload = "0123456789abcdef".repeat(1024);
      world
          .origin()
          .script(connection -> {
            connection.send(Frames.accept(connection.head(), ""));
            for (int i = 0; i < frames; i++) {
              connection.send(Frames.text(false, Frames.read(connection.in()).payload()));
            }
          });
      Guest guest = open(world);
      Thread.ofVirtual()
          .start(() -> {
            try {
              for (int i = 0; i < frames; i++) {
                guest.send(Frames.text(true, payload));
              }
            } catch (IOException e) {
              // the other side asserts
            }
          });
      for (int i = 0; i < frames; i++) {
        assertThat(Frames.read(guest.in()).payload()).isEqualTo(payload);
      }
      assertThat(Wire.rest(guest.in())).as("the upstream's end is the guest's").isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void whatIsNoFrameOfAClientIsNotPassedOn(int number) throws IOException {
    String bytes =
        List.of(
                Frames.text(false, "unmasked"),
                Frames.frame(0xC1, true, "an extension's bit"),
                Frames.text(true, "x".repeat(300_000)))
            .get(number);
    try (World world = start(Guard.NONE)) {
      world
          .origin()
          .script(connection -> {
            connection.send(Frames.accept(connection.head(), ""));
            while (true) {
              note(connection);
            }
          });
      Guest guest = open(world);
      try {
        guest.send(bytes);
      } catch (IOException closed) {
        // before all of it is written
      }

      await().untilAsserted(() -> assertThat(world.origin().open()).isZero());
      assertThat(received).isEmpty();
    }
  }

  @Test
  void anAnswerThatIsNo101IsPassedOnAndTheTunnelGoesOn() throws IOException {
    try (World world = start(Guard.NONE)) {
      world
          .origin()
          .script(connection -> {
            while (!connection.head().isEmpty()) {
              connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno");
            }
          });
      Guest guest = world.tunnel();
      for (int i = 0; i < 2; i++) {
        guest.send(Frames.request(World.HOST, ""));
        assertThat(Wire.until(guest.in(), "no")).startsWith("HTTP/1.1 400 ");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Sec-WebSocket-Extensions: permessage-deflate|Upgrade: websocket",
        "X: y|Upgrade: h2c",
      })
  void a101ThatWasNotAskedForIs502(String change) throws IOException {
    try (World world = start(Guard.NONE)) {
      List<String> parts = List.of(change.split("\\|", -1));
      world
          .origin()
          .script(connection -> {
            connection.send(
                Frames.accept(connection.head(), parts.getFirst() + "\r\n")
                    .replace("Upgrade: websocket", parts.getLast()));
            connection.in().read();
          });
      Guest guest = world.tunnel();
      guest.send(Frames.request(World.HOST, ""));

      assertThat(Wire.rest(guest.in()))
          .startsWith("HTTP/1.1 502 ")
          .contains("\"rule\":\"UpstreamMalformed\"");
    }
  }

  @Test
  void aRouteThatNoLongerLetsItEndsIt() throws IOException {
    try (World world = start(Guard.NONE)) {
      world
          .origin()
          .script(connection -> {
            connection.send(Frames.accept(connection.head(), ""));
            connection.in().read();
          });
      open(world);
      assertThat(world.origin().open()).isOne();

      world.awaitPolicy(world.routing(route(false)));

      await().untilAsserted(() -> assertThat(world.origin().open()).isZero());
    }
  }

  @Test
  void aFrameThatAGuardRefusesEndsItWith1008AndIsReported() throws IOException {
    Guard guard =
        host ->
            new ExchangeGuard() {
              @Override
              public BodyVerdict guestFrame(Opcode opcode, ByteBuf payload, boolean last) {
                if (!payload.toString(StandardCharsets.US_ASCII).contains("secret")) {
                  return new BodyVerdict.Forward(payload);
                }
                payload.release();
                return new BodyVerdict.Refuse(
                    new Refusal(403, Reason.SecretFound, "SecretFound", host, 443));
              }
            };
    try (World world = start(guard)) {
      world
          .origin()
          .script(connection -> {
            connection.send(Frames.accept(connection.head(), ""));
            while (true) {
              note(connection);
            }
          });
      ControlStream control = world.control();
      control.next();
      Guest guest = open(world);
      guest.send(Frames.text(true, "harmless") + Frames.text(true, "a secret"));

      assertThat(Frames.read(guest.in()))
          .isEqualTo(new Frame(CLOSE, false, "\u0003\u00f0SecretFound"));
      assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, 443, "SecretFound"));
      await().untilAsserted(() -> assertThat(world.origin().open()).isZero());
      assertThat(received).containsExactly(new Frame(0x81, true, "harmless"));
    }
  }

  private World start(Guard guard) throws IOException {
    World.tokens(home, Map.of(SLOT, TOKEN));
    World world = World.start(home, Limits.DEFAULT, guard);
    world.awaitPolicy(world.routing(route(true)));
    return world;
  }

  private static Guest open(World world) throws IOException {
    Guest guest = world.tunnel();
    guest.send(Frames.request(World.HOST, ""));
    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 101 ");
    return guest;
  }

  private Frame note(Origin.Connection connection) throws IOException {
    Frame frame = Frames.read(connection.in());
    received.add(frame);
    return frame;
  }

  private static RoutePolicy route(boolean webSocket) {
    return new RoutePolicy(
        World.HOST,
        List.of(),
        List.of(),
        webSocket,
        OnMatch.Block,
        new RouteAuth(AuthType.Bearer, null, null, SLOT));
  }

  private record Listener(BlockingQueue<String> heard) implements WebSocket.Listener {
    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      heard.add(data.toString());
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
      heard.add("closed " + status);
      return null;
    }
  }
}
