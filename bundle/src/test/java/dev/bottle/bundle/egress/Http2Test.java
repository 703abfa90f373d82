package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.testing.Frames;
import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.Http2Origin;
import dev.bottle.bundle.egress.testing.Wire;
import dev.bottle.bundle.egress.testing.World;
import dev.bottle.bundle.egress.testing.World.ControlStream;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.policy.AuthType;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.InjectionPatterns;
import dev.bottle.crd.policy.Inspection;
import dev.bottle.crd.policy.OnMatch;
import dev.bottle.crd.policy.ResponsePolicy;
import dev.bottle.crd.policy.RouteAuth;
import dev.bottle.crd.policy.RoutePolicy;
import io.netty.handler.codec.http2.Http2Error;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An upstream that chooses HTTP/2; the guest's side is HTTP/1.1 as ever. */
@SuppressWarnings("StringConcatToTextBlock") // line ends are what is tested
class Http2Test {
  private static final String CANARY = "btl_canary_" + "q7Zk2Lw9Xv4Tn8Rb1Yd6Hc3Mf5Gs0JpA";
  private static final String TOKEN = "sk-real-0123456789abcdef";
  private static final String SLOT = "EGRESS_TOKEN_0";
  private static final String GET = "GET / HTTP/1.1\r\nHost: origin.example.org\r\n\r\n";
  private static final int WINDOW = 64 * 1024;

  /** More than all sockets, engines and windows of the way hold. */
  private static final int TOTAL = 64 * 1024 * 1024;

  private static final int IN_SOCKETS = 32 * 1024 * 1024;
  private static final String BLOCK = "0123456789abcdef".repeat(1024);

  @TempDir private Path home;

  @SuppressWarnings("NullAway.Init")
  private World world;

  @SuppressWarnings("NullAway.Init")
  private Http2Origin origin;

  @BeforeEach
  void start() throws IOException {
    World.tokens(home, Map.of(SLOT, TOKEN));
    world = World.start(home);
    origin = new Http2Origin(world.internet(), List.of(World.HOST), WINDOW);
    world.dialTo(origin.port());
    origin.script(stream -> {
      stream.body();
      stream.answer("200", false, "content-length", "2").data("ok", true);
    });
  }

  @AfterEach
  void stop() throws IOException {
    world.close();
    origin.close();
  }

  @Test
  void anOrdinaryClientGetsItsAnswersOverOneConnection() throws Exception {
    HttpClient client = world.client();
    for (int i = 0; i < 5; i++) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(URI.create("https://origin.example.org/v1?n=" + i))
                  .version(HttpClient.Version.HTTP_1_1)
                  .header("X-Mixed", "Case")
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("ok");
      assertThat(response.headers().map()).doesNotContainKey("x-http2-stream-id");
    }

    assertThat(origin.protocols()).containsExactly("h2");
    assertThat(origin.heads())
        .hasSize(5)
        .last()
        .asString()
        .contains(":method: GET\n", ":path: /v1?n=4\n", ":scheme: https\n")
        .contains(":authority: origin.example.org\n", "x-mixed: Case\n");
  }

  @Test
  void theTargetArrivesAsItWasWritten() throws IOException {
    String target = "/a|b{c}'^`~%20%2B*/;p=1?q=[x]|\"<>%zz&e=\\";
    Guest guest = world.tunnel().send(GET.replace("GET /", "GET " + target));

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 OK\r\n");
    assertThat(origin.heads().getFirst()).contains(":path: " + target + "\n");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bodiesArriveWholeBothWays(boolean announced) throws Exception {
    String body = "0123456789abcdef".repeat(60_000);
    origin.script(stream -> {
      String got = stream.body();
      if (announced) {
        stream.answer("200", false, "content-length", "" + got.length());
      } else {
        stream.answer("200", false);
      }
      stream.data(got, true);
    });
    HttpRequest.BodyPublisher publisher = HttpRequest.BodyPublishers.ofString(body);

    HttpResponse<String> response =
        world
            .client()
            .send(
                HttpRequest.newBuilder(URI.create("https://origin.example.org/"))
                    .version(HttpClient.Version.HTTP_1_1)
                    .POST(
                        announced ? publisher : HttpRequest.BodyPublishers.fromPublisher(publisher))
                    .build(),
                HttpResponse.BodyHandlers.ofString());

    assertThat(response.body()).isEqualTo(body);
    assertThat(origin.heads().getFirst().contains("content-length: " + body.length()))
        .isEqualTo(announced);
  }

  @Test
  void whatConcernsOneHopDoesNotReachTheNext() throws IOException {
    origin.script(
        stream -> stream.answer("200", true, "content-length", "0", "x-kept", "1", "server", "s"));
    Guest guest = world.tunnel();
    guest.send(
        "GET / HTTP/1.1\r\nHost: origin.example.org\r\nConnection: keep-alive, X-Hop\r\n"
            + "X-Hop: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nUpgrade: h2c\r\n"
            + "HTTP2-Settings: AAMAAABkAAQAAP__\r\nX-Http2-Scheme: http\r\nX-Http2-Path: /x\r\n"
            + "Proxy-Connection: keep-alive\r\nX-Kept: 1\r\n\r\n");

    assertThat(Wire.head(guest.in()))
        .containsIgnoringCase("x-kept: 1\r\n")
        .doesNotContainIgnoringCase("x-http2");
    assertThat(origin.heads().getFirst())
        .contains("x-kept: 1\n", ":scheme: https\n", ":path: /\n")
        .doesNotContain("x-hop", "keep-alive", "te:", "upgrade", "connection", "http2", "host:");
  }

  @Test
  void aHeadRequestAndEmptyAnswersEndWhereTheyShould() throws IOException {
    origin.script(stream -> {
      switch (stream.head().contains(":path: /none\n") ? "204" : "head") {
        case "204" -> stream.answer("204", true);
        default -> stream.answer("200", true, "content-length", "5000");
      }
    });
    Guest guest = world.tunnel();
    guest.send(GET.replace("GET", "HEAD"));
    assertThat(Wire.head(guest.in()))
        .startsWith("HTTP/1.1 200 ")
        .containsIgnoringCase("content-length: 5000\r\n");
    guest.send(GET.replace("GET /", "GET /none"));
    assertThat(Wire.head(guest.in()))
        .startsWith("HTTP/1.1 204 ")
        .doesNotContainIgnoringCase("transfer-encoding");
    guest.send(GET.replace("GET", "HEAD"));
    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 200 ");
    assertThat(origin.connections()).isOne();
  }

  @ParameterizedTest
  @ValueSource(strings = {"100", "103"})
  void whatComesBeforeTheAnswerComesBeforeIt(String status) throws IOException {
    origin.script(stream -> {
      stream.answer(status, false, "link", "</a>");
      stream.body();
      stream.answer("200", false).data("done", true);
    });
    Guest guest = world.tunnel();
    guest.send(
        "POST / HTTP/1.1\r\nHost: origin.example.org\r\nExpect: 100-continue\r\n"
            + "Content-Length: 2\r\n\r\n");

    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 " + status + " ");
    guest.send("hi");
    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 200 ");
    assertThat(Wire.until(guest.in(), "0\r\n\r\n")).isEqualTo("4\r\ndone\r\n0\r\n\r\n");
  }

  @Test
  void eventsArriveOneByOneAndTrailersEndHere() throws IOException {
    CountDownLatch[] read = {new CountDownLatch(1), new CountDownLatch(1)};
    origin.script(stream -> {
      stream.answer("200", false, "content-type", "text/event-stream");
      for (CountDownLatch latch : read) {
        stream.data("data: 1\n\n", false);
        latch.await(); // the next only when the guest has this one
      }
      stream.trailers("x-checksum", "1");
    });
    Guest guest = world.tunnel().send(GET);

    assertThat(Wire.head(guest.in())).contains("text/event-stream");
    for (CountDownLatch latch : read) {
      assertThat(Wire.until(guest.in(), "\n\n\r\n")).isEqualTo("9\r\ndata: 1\n\n\r\n");
      latch.countDown();
    }
    assertThat(Wire.until(guest.in(), "0\r\n\r\n")).isEqualTo("0\r\n\r\n");
    guest.send(GET);
    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void framesThatNobodyKnowsAreNotWaitedOn() throws IOException {
    origin.script(stream ->
        stream.unknown().answer("200", false).unknown().data("a", false).unknown().data("b", true));
    Guest guest = world.tunnel().send(GET);

    assertThat(Wire.until(guest.in(), "0\r\n\r\n")).endsWith("1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
  }

  @Test
  void aGuestThatDoesNotReadStopsTheUpstreamAndGetsEverythingLater() throws IOException {
    AtomicLong sent = new AtomicLong();
    origin.script(stream -> {
      stream.answer("200", false, "content-length", "" + TOTAL);
      while (sent.get() < TOTAL) {
        stream.data(BLOCK, sent.get() + BLOCK.length() == TOTAL);
        sent.addAndGet(BLOCK.length());
      }
    });
    Guest guest = world.tunnel().send(GET);
    Wire.head(guest.in());

    awaitStill(sent);
    assertThat(sent.get()).isLessThan(IN_SOCKETS);

    long got = 0;
    while (got < TOTAL) {
      got += guest.in().readNBytes(BLOCK.length()).length;
    }
    assertThat(got).isEqualTo(TOTAL);
  }

  @Test
  void anUpstreamThatDoesNotReadStopsTheGuestAndGetsEverythingLater() throws IOException {
    CountDownLatch reading = new CountDownLatch(1);
    origin.script(stream -> {
      reading.await();
      int length = stream.body().length();
      stream.answer("200", false).data("got " + length, true);
    });
    Guest guest = world.tunnel();
    AtomicLong sent = new AtomicLong();
    int total = TOTAL / 4;
    Thread.ofVirtual()
        .start(() -> {
          try {
            guest.send(
                "PUT / HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: "
                    + total
                    + "\r\n\r\n");
            while (sent.get() < total) {
              guest.send(BLOCK);
              sent.addAndGet(BLOCK.length());
            }
          } catch (IOException failed) {
            sent.set(-1);
          }
        });

    awaitStill(sent);
    assertThat(sent.get()).isBetween(1L, total / 2L);
    assertThat(origin.received()).isLessThanOrEqualTo(WINDOW);

    reading.countDown();
    assertThat(Wire.until(guest.in(), "got " + total)).startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @CsvSource({"CANCEL", "REFUSED_STREAM", "INTERNAL_ERROR", "HTTP_1_1_REQUIRED"})
  void aStreamThatIsResetBeforeItsAnswerIs502(String error) throws IOException {
    origin.script(stream -> stream.reset(Http2Error.valueOf(error)));
    Guest guest = world.tunnel().send(GET);

    assertThat(Wire.rest(guest.in()))
        .startsWith("HTTP/1.1 502 ")
        .contains("\"rule\":\"UpstreamClosed\"");
    assertThat(origin.heads()).as("not sent again").hasSize(1);
  }

  @Test
  void aStreamThatIsResetInItsAnswerCutsTheGuest() throws IOException {
    origin.script(stream -> {
      stream.answer("200", false).data("begun", false);
      stream.reset(Http2Error.INTERNAL_ERROR);
    });
    Guest guest = world.tunnel().send(GET);

    assertThat(Wire.until(guest.in(), "begun")).startsWith("HTTP/1.1 200 ");
    assertThat(restUntilCut(guest)).doesNotContain("0\r\n\r\n");
  }

  /** RFC 9113, section 8.1: the answer is whole, and the rest of the request is not wanted. */
  @Test
  void anEarlyAnswerArrivesThoughTheRequestWasNotWanted() throws IOException {
    origin.script(stream -> {
      stream.answer("413", false, "content-length", "4").data("long", true);
      stream.reset(Http2Error.NO_ERROR);
    });
    Guest guest = world.tunnel();
    guest.send("POST / HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: 1000000\r\n\r\nx");

    assertThat(Wire.until(guest.in(), "long")).startsWith("HTTP/1.1 413 ");
  }

  @Test
  void aConnectionThatIsLeftServesWhatItBeganAndNothingAfterIt() throws IOException {
    origin.script(stream -> {
      stream.goAway(Http2Error.NO_ERROR, 0);
      stream.answer("200", false, "content-length", "2").data("ok", true);
    });
    Guest guest = world.tunnel();
    for (int i = 0; i < 3; i++) {
      guest.send(GET);
      assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    }
    assertThat(origin.connections()).isEqualTo(3);
  }

  @Test
  void aConnectionThatEndsWhileNobodyAsksIsReplaced() throws IOException {
    origin.script(stream -> {
      stream.answer("200", false, "content-length", "2").data("ok", true);
      stream.closeConnection();
    });
    Guest guest = world.tunnel();
    for (int i = 0; i < 3; i++) {
      await().untilAsserted(() -> assertThat(origin.open()).isZero());
      guest.send(GET);
      assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    }
    assertThat(origin.connections()).isEqualTo(3);
  }

  @Test
  void aGuestThatLeavesEndsTheWork() throws IOException {
    CountDownLatch answering = new CountDownLatch(1);
    origin.script(stream -> {
      stream.answer("200", false);
      answering.countDown();
      while (true) {
        stream.data(BLOCK, false);
      }
    });
    Guest guest = world.tunnel().send(GET);
    Wire.head(guest.in());
    guest.close();

    await().untilAsserted(() -> assertThat(origin.open()).isZero());
  }

  @Test
  void theRoutesCredentialIsSetAndItsEchoIsMasked() throws IOException {
    world.awaitPolicy(world.routing(route(OnMatch.Block)));
    origin.script(stream ->
        stream
            .answer("200", false, "x-echo", TOKEN)
            .data("your token is " + TOKEN.substring(0, 10), false)
            .data(TOKEN.substring(10) + "!", true));
    Guest guest = world.tunnel();
    guest.send(GET.replace("\r\n\r\n", "\r\nAuthorization: Bearer mine\r\nCookie: a=b\r\n\r\n"));

    String answer = Wire.until(guest.in(), "0\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 200 ").doesNotContain(TOKEN).contains("*****");
    assertThat(origin.heads().getFirst())
        .contains("authorization: Bearer " + TOKEN + "\n", "accept-encoding: identity\n")
        .doesNotContain("mine", "cookie");
  }

  @Test
  void aSecretInABodyIsRefusedAndNoByteOfItArrives() throws IOException {
    inspect(OnMatch.Block);
    ControlStream control = control();
    AtomicLong leaked = new AtomicLong();
    origin.script(stream -> {
      if (stream.body().contains("btl_")) {
        leaked.incrementAndGet();
      }
    });
    Guest guest = world.tunnel();
    String body = "text ".repeat(20_000) + CANARY;
    guest.send(
        "POST / HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);

    assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 403 ").contains("CanaryFound");
    assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, 443, "CanaryFound"));
    await().untilAsserted(() -> assertThat(origin.open()).isZero());
    assertThat(leaked.get()).isZero();
  }

  @Test
  void redactKeepsTheLength() throws IOException {
    inspect(OnMatch.Redact);
    origin.script(stream -> stream.answer("200", false).data("[" + stream.body() + "]", true));
    Guest guest = world.tunnel();
    String body = "it is " + CANARY + " END";
    guest.send(
        "POST / HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);

    assertThat(Wire.until(guest.in(), "END]"))
        .contains("[it is " + "*".repeat(CANARY.length()) + " END]");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLongAnswerIsRefusedOrCut(boolean announced) throws IOException {
    EgressPolicy policy = world.allowing(World.HOST);
    world.awaitPolicy(with(policy, new ResponsePolicy(1000, List.of(), InjectionPatterns.None)));
    ControlStream control = control();
    origin.script(stream -> {
      if (announced) {
        stream.answer("200", false, "content-length", "1001");
      } else {
        stream.answer("200", false);
      }
      stream.data("x".repeat(600), false).data("x".repeat(401), true);
    });
    Guest guest = world.tunnel().send(GET);

    String answer = restUntilCut(guest);
    assertThat(answer).startsWith("HTTP/1.1 " + (announced ? "403" : "200"));
    assertThat(answer.chars().filter(c -> c == 'x').count()).isLessThan(1000);
    assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, 443, "ResponseTooLarge"));
  }

  @Test
  void aPolicyThatForbidsTheHostCutsWhatIsOnItsWay() throws IOException {
    origin.script(stream -> stream.answer("200", false).data("begun", false));
    Guest guest = world.tunnel().send(GET);
    Wire.until(guest.in(), "begun");
    world.awaitPolicy(world.allowing("other.example.org"));

    assertThat(restUntilCut(guest)).doesNotContain("0\r\n\r\n");
    await().untilAsserted(() -> assertThat(origin.open()).isZero());
  }

  @ParameterizedTest
  @ValueSource(strings = {"status", "101", "header", "length"})
  void anAnswerThatIsNoneIs502OrCut(String fault) throws IOException {
    origin.script(stream -> {
      switch (fault) {
        case "status" -> stream.answer("abc", true);
        case "101" -> stream.answer("101", false);
        case "header" -> stream.answer("200", true, "x-a", "b\r\nx-injected: 1");
        default -> stream.answer("200", false, "content-length", "5").data("ab", true);
      }
    });
    Guest guest = world.tunnel().send(GET);

    String answer = restUntilCut(guest);
    if (fault.equals("length")) {
      assertThat(answer)
          .startsWith("HTTP/1.1 200 ")
          .contains("content-length: 5")
          .doesNotContain("ab");
    } else {
      assertThat(answer).startsWith("HTTP/1.1 502 ").doesNotContain("x-injected");
    }
  }

  /** HTTP/2 has WebSockets of its own (RFC 8441), which nobody offers; HTTP/1.1 is asked for. */
  @Test
  void aWebSocketGetsAConnectionOfHttp11() throws IOException {
    world.awaitPolicy(world.routing(route(OnMatch.Block)));
    Guest guest = world.tunnel().send(GET);
    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    guest.send(Frames.request(World.HOST, ""));
    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 101 ");
    guest.send(Frames.text(true, "hello"));

    assertThat(Frames.read(guest.in()).payload()).isEqualTo("hello");
    assertThat(origin.protocols()).containsExactly("h2", "http/1.1");
    await().untilAsserted(() -> assertThat(origin.open()).isOne());
  }

  private static RoutePolicy route(OnMatch action) {
    return new RoutePolicy(
        World.HOST,
        List.of(),
        List.of(),
        true,
        action,
        new RouteAuth(AuthType.Bearer, null, null, SLOT));
  }

  private void inspect(OnMatch action) throws IOException {
    EgressPolicy routed = world.routing(route(action));
    world.awaitPolicy(
        new EgressPolicy(
            routed.allow(),
            routed.privateDestinations(),
            routed.refusedAddresses(),
            routed.upstreamRoots(),
            routed.routes(),
            routed.slots(),
            Inspection.Builtin,
            routed.responses(),
            CANARY));
  }

  private static EgressPolicy with(EgressPolicy policy, ResponsePolicy responses) {
    return new EgressPolicy(
        policy.allow(),
        policy.privateDestinations(),
        policy.refusedAddresses(),
        policy.upstreamRoots(),
        policy.routes(),
        policy.slots(),
        policy.inspection(),
        responses,
        policy.canary());
  }

  private ControlStream control() throws IOException {
    ControlStream control = world.control();
    control.next();
    return control;
  }

  /** Until the end, which a reader may see as an error. */
  private static String restUntilCut(Guest guest) {
    StringBuilder text = new StringBuilder();
    try {
      for (int read = guest.in().read(); read >= 0; read = guest.in().read()) {
        text.append((char) read);
      }
    } catch (IOException cut) {
      text.append("(cut)");
    }
    return text.toString();
  }

  /** Until it has moved and then does not for a while. */
  private static void awaitStill(AtomicLong count) {
    await().until(() -> count.get() > 0);
    long[] last = {-1, 0};
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          long now = count.get();
          last[1] = now == last[0] ? last[1] + 1 : 0;
          last[0] = now;
          return last[1] == 6;
        });
  }
}
