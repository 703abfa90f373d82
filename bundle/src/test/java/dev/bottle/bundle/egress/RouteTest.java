package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.Origin;
import dev.bottle.bundle.egress.testing.Wire;
import dev.bottle.bundle.egress.testing.World;
import dev.bottle.bundle.egress.testing.World.ControlStream;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.policy.AuthType;
import dev.bottle.crd.policy.OnMatch;
import dev.bottle.crd.policy.RouteAuth;
import dev.bottle.crd.policy.RoutePolicy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

@SuppressWarnings("StringConcatToTextBlock") // line ends are what is tested
class RouteTest {
  private static final String SLOT = "EGRESS_TOKEN_0";
  private static final String OTHER_SLOT = "EGRESS_TOKEN_1";
  private static final String TOKEN = "sk-real-0123456789abcdef";
  private static final RouteAuth BEARER = new RouteAuth(AuthType.Bearer, null, null, SLOT);
  private static final Origin.Script ALWAYS_OK =
      connection -> {
        while (!connection.head().isEmpty()) {
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
      };

  @TempDir private Path home;

  @SuppressWarnings("NullAway.Init")
  private World world;

  @BeforeEach
  void start() throws IOException {
    World.tokens(home, Map.of(SLOT, TOKEN));
    world = World.start(home);
    world.origin().script(ALWAYS_OK);
  }

  @AfterEach
  void stop() throws IOException {
    world.close();
  }

  @ParameterizedTest
  @CsvSource({
    "Bearer, , , authorization: Bearer sk-real-0123456789abcdef",
    "Basic, , user, authorization: Basic dXNlcjpzay1yZWFsLTAxMjM0NTY3ODlhYmNkZWY=",
    "Header, X-Custom-Key, , X-Custom-Key: sk-real-0123456789abcdef",
  })
  void exactlyOneCredentialIsSetInPlaceOfTheGuests(
      AuthType type, String header, String username, String expected) throws IOException {
    RouteAuth elsewhere = new RouteAuth(AuthType.Header, "X-Custom-Key", null, SLOT);
    world.awaitPolicy(
        world.routing(
            route(new RouteAuth(type, header, username, SLOT)),
            route("api.example.org", List.of(), List.of(), elsewhere)));
    Guest guest = world.tunnel();
    guest.send(
        """
        GET /v1 HTTP/1.1\r
        Host: origin.example.org\r
        Authorization: Bearer placeholder\r
        AUTHORIZATION: Basic placeholder\r
        Proxy-Authorization: Basic placeholder\r
        X-Api-Key: placeholder\r
        X_Api_Key: placeholder\r
        x-custom-key: placeholder\r
        X_CUSTOM_KEY: placeholder\r
        Cookie: session=placeholder\r
        Accept-Encoding: gzip, br\r
        X-Kept: yes\r
        \r
        """);

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    assertThat(world.origin().heads().getFirst().lines().toList())
        .containsExactlyInAnyOrder(
            "GET /v1 HTTP/1.1",
            "host: origin.example.org",
            "accept-encoding: identity",
            "X-Kept: yes",
            expected,
            "");
  }

  @Test
  void aHostWithoutRoutesGetsNeitherTheGuestsCredentialNorOurs() throws IOException {
    RoutePolicy elsewhere = route("api.example.org", List.of(), List.of(), BEARER);
    world.awaitPolicy(world.routing(List.of(World.HOST), elsewhere));
    Guest guest = world.tunnel();
    guest.send(
        "GET / HTTP/1.1\r\nHost: origin.example.org\r\nX-Api-Key: stolen\r\n"
            + "Authorization: Bearer stolen\r\nAccept-Encoding: gzip\r\nCookie: a=stolen\r\n\r\n");

    Wire.until(guest.in(), "ok");

    assertThat(world.origin().heads())
        .singleElement()
        .asString()
        .doesNotContain("stolen", TOKEN)
        .contains("Accept-Encoding: gzip");
  }

  @Test
  void theRequestAfterARedirectIsJudgedAnewAndAnotherPortOrSchemeHasNoWay() throws IOException {
    world.awaitPolicy(world.routing(route(BEARER)));
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send(
              "HTTP/1.1 302 Found\r\nLocation: https://evil.test/\r\nContent-Length: 2\r\n\r\nok");
          connection.in().read();
        });
    Guest guest = world.tunnel();
    guest.send(get("/"));
    assertThat(Wire.until(guest.in(), "ok")).contains("Location: https://evil.test/");

    assertThat(world.guest().connect("evil.test:443")).startsWith("HTTP/1.1 403 ");
    assertThat(world.guest().connect(World.HOST + ":8443")).startsWith("HTTP/1.1 403 ");
    Guest plain = world.guest();
    plain.send("GET http://origin.example.org/ HTTP/1.1\r\nHost: origin.example.org\r\n\r\n");
    assertThat(Wire.rest(plain.in())).startsWith("HTTP/1.1 405 ");
    assertThat(world.dialled()).hasSize(1);
  }

  @Test
  void theTokenDoesNotGoToAnUpstreamThatIsNotVerified() throws IOException {
    world.awaitPolicy(world.routing(route(BEARER)));
    Origin other = world.origin("other.example.org");
    other.script(ALWAYS_OK);
    world.dialTo(other.port());
    Guest guest = world.tunnel();
    guest.send(get("/"));

    assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 502 ");
    assertThat(other.heads()).isEmpty();
  }

  @Test
  void aRequestThatNoRouteNamesIsRefusedWhereTheHostIsNotAllowedBesides() throws IOException {
    RoutePolicy messages = route(World.HOST, List.of("/v1/"), List.of("POST"), BEARER);
    world.awaitPolicy(world.routing(messages));
    for (String request : List.of(get("/v1/messages"), post("/v2"), post("/v10"))) {
      ControlStream control = world.control();
      control.next();
      Guest guest = world.tunnel();
      guest.send(request);

      assertThat(Wire.rest(guest.in()))
          .startsWith("HTTP/1.1 403 ")
          .contains("\"reason\":\"RequestNotAllowed\"", "\"rule\":\"RouteNotMatched\"");
      assertThat(control.next())
          .isEqualTo(new Denial("egress", World.HOST, 443, "RequestNotAllowed"));
    }
    assertThat(world.dialled()).isEmpty();

    world.awaitPolicy(world.routing(List.of(World.HOST), messages));
    Guest guest = world.tunnel();
    guest.send(get("/v1/messages"));
    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    guest.send(post("/v1/messages"));
    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    assertThat(world.origin().heads().getFirst()).doesNotContain(TOKEN);
    assertThat(world.origin().heads().getLast()).contains("authorization: Bearer " + TOKEN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/v1;x/admin", "/v1//admin", "/v1/%61dmin", "/v1%2fadmin", "/v1/%2561dmin"})
  void aPathThatMayBeReadAsAnotherIsRefused(String path) throws IOException {
    world.awaitPolicy(world.routing(route(World.HOST, List.of("/v1"), List.of(), BEARER)));
    Guest guest = world.tunnel();
    guest.send(get(path));

    assertThat(Wire.rest(guest.in()))
        .startsWith("HTTP/1.1 400 ")
        .contains("\"rule\":\"PathNotCanonical\"");
    assertThat(world.dialled()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"X-HTTP-Method-Override: DELETE", "x-original-url: /admin"})
  void whatOverridesTheRequestLineIsRefusedWhereRoutesLookAtIt(String header) throws IOException {
    world.awaitPolicy(world.routing(route(World.HOST, List.of(), List.of("GET"), BEARER)));
    Guest guest = world.tunnel();
    guest.send(get("/").replace("\r\n\r\n", "\r\n" + header + "\r\n\r\n"));

    assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 400 ").contains("OverrideHeader");
    assertThat(world.dialled()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "a\r\nX-Evil: 1"})
  void anEmptySlotAnswers503IsReportedAndTheOtherRoutesLiveOn(String content) throws IOException {
    world.awaitPolicy(
        world.routing(
            route(World.HOST, List.of("/a"), List.of(), BEARER),
            route(
                World.HOST,
                List.of("/b"),
                List.of(),
                new RouteAuth(AuthType.Header, "X-Key", null, OTHER_SLOT))));
    world.tokens(Map.of(SLOT, content, OTHER_SLOT, TOKEN + "\n"));
    try (ControlStream control = world.control()) {
      control.awaitState(state -> state.emptySlots().equals(List.of(SLOT)));
    }
    Guest guest = world.tunnel();
    guest.send(get("/a"));

    assertThat(Wire.rest(guest.in()))
        .startsWith("HTTP/1.1 503 ")
        .contains("\"reason\":\"SecretMissing\"", "\"rule\":\"RouteTokenMissing\"");
    assertThat(world.dialled()).isEmpty();
    Guest other = world.tunnel();
    other.send(get("/b"));
    assertThat(Wire.until(other.in(), "ok")).startsWith("HTTP/1.1 200 ");
    assertThat(world.origin().heads()).singleElement().asString().contains("X-Key: " + TOKEN);
  }

  @Test
  void slotsFillEmptyAndRotateWhileATunnelLives() throws IOException {
    world.awaitPolicy(world.routing(route(BEARER)));
    Guest guest = world.tunnel();
    try (ControlStream control = world.control()) {
      control.awaitState(state -> state.emptySlots().isEmpty());
      guest.send(get("/"));
      Wire.until(guest.in(), "ok");

      world.tokens(Map.of(SLOT, "sk-rotated-0123456789"));
      await()
          .untilAsserted(() -> {
            guest.send(get("/"));
            Wire.until(guest.in(), "ok");
            assertThat(world.origin().heads().getLast()).contains("Bearer sk-rotated-0123456789\r");
          });

      world.tokens(Map.of());
      control.awaitState(state -> state.emptySlots().equals(List.of(SLOT)));
      guest.send(get("/"));
      assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 503 ");

      world.tokens(Map.of(SLOT, TOKEN));
      control.awaitState(state -> state.emptySlots().isEmpty());
    }
    Guest again = world.tunnel();
    again.send(get("/"));
    assertThat(Wire.until(again.in(), "ok")).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void aTokenDirectoryThatIsNotThereIsAnEmptySlot(@TempDir Path other) throws IOException {
    try (World bare = World.start(other)) {
      Files.delete(bare.path("tokens"));
      bare.awaitPolicy(bare.routing(route(BEARER)));
      try (ControlStream control = bare.control()) {
        assertThat(control.awaitState(state -> true).emptySlots()).containsExactly(SLOT);
      }
      bare.origin().script(ALWAYS_OK);

      bare.tokens(Map.of(SLOT, TOKEN));

      try (ControlStream control = bare.control()) {
        control.awaitState(state -> state.emptySlots().isEmpty());
      }
    }
  }

  @Test
  void anEchoedTokenIsMaskedWhereverItStands() throws IOException {
    world.awaitPolicy(world.routing(route(BEARER)));
    String base64 =
        Base64.getEncoder()
            .encodeToString(("Bearer " + TOKEN + "\n").getBytes(StandardCharsets.US_ASCII));
    String body = "{\"a\":\"Bearer " + TOKEN + "\",\"b\":\"" + base64 + "\"}";
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send(
              "HTTP/1.1 103 Early Hints\r\nLink: <"
                  + TOKEN
                  + ">\r\n\r\n"
                  + "HTTP/1.1 200 Hello "
                  + TOKEN
                  + "\r\nX-Echo: <"
                  + TOKEN
                  + ">\r\n"
                  + "X-Echo-"
                  + TOKEN
                  + ": 1\r\nX-Other: kept\r\nX-Other: too\r\n"
                  + "Content-Length: "
                  + body.length()
                  + "\r\n\r\n");
          for (int i = 0; i < body.length(); i++) {
            connection.send(body.substring(i, i + 1));
          }
          ALWAYS_OK.run(connection);
        });
    Guest guest = world.tunnel();
    guest.send(get("/"));

    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 103 ").contains("Link: <***");
    String head = Wire.head(guest.in());
    assertThat(head)
        .startsWith("HTTP/1.1 200 OK\r\n")
        .contains("X-Echo: <" + "*".repeat(TOKEN.length()) + ">\r\n")
        .contains("X-Other: kept\r\nX-Other: too\r\n")
        .doesNotContain(TOKEN);
    String got = Wire.exactly(guest.in(), body.length());
    assertThat(got)
        .startsWith("{\"a\":\"Bearer " + "*".repeat(TOKEN.length()) + "\",\"b\":\"")
        .endsWith("\"}")
        .doesNotContain(base64.substring(16, 32));
    guest.send(get("/"));
    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void aTokenIsMaskedAlsoInTheAnswerToARequestThatDidNotCarryIt() throws IOException {
    world.awaitPolicy(
        world.routing(
            List.of(World.HOST), route(World.HOST, List.of("/store"), List.of(), BEARER)));
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send("HTTP/1.1 200 OK\r\n\r\nstored " + TOKEN);
        });
    Guest guest = world.tunnel();
    guest.send(get("/fetch"));

    assertThat(Wire.until(guest.in(), "0\r\n\r\n")).contains("stored ***").doesNotContain(TOKEN);
  }

  @Test
  void noLogLineAndNoControlMessageHoldsTheToken() throws IOException {
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Level former = root.getLevel();
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.list = new CopyOnWriteArrayList<>();
    lines.start();
    root.addAppender(lines);
    root.setLevel(Level.TRACE);
    try (ControlStream control = world.control()) {
      world.awaitPolicy(world.routing(route(BEARER)));
      world.tokens(Map.of(SLOT, TOKEN + "2"));
      await()
          .untilAsserted(() -> {
            Guest guest = world.tunnel();
            guest.send(get("/"));
            Wire.until(guest.in(), "ok");
            assertThat(world.origin().heads().getLast()).contains(TOKEN + "2");
          });
      world.origin().script(connection -> connection.send(connection.head()));
      Guest malformed = world.tunnel();
      malformed.send(get("/"));
      assertThat(Wire.rest(malformed.in())).startsWith("HTTP/1.1 502 ").doesNotContain(TOKEN);
      world.tokens(Map.of(SLOT, TOKEN + "\r\n"));
      assertThat(
              new String(
                  control.awaitState(state -> !state.emptySlots().isEmpty()).toLine(),
                  StandardCharsets.UTF_8))
          .doesNotContain(TOKEN);
    } finally {
      root.setLevel(former);
      root.detachAppender(lines);
    }
    assertThat(lines.list)
        .anySatisfy(line -> assertThat(text(line)).contains("EGRESS_TOKEN_0", "SecretMissing"))
        .allSatisfy(line -> assertThat(text(line)).doesNotContain(TOKEN));
  }

  private static String text(ILoggingEvent line) {
    return line.getFormattedMessage()
        + line.getKeyValuePairs()
        + (line.getThrowableProxy() == null
            ? ""
            : ThrowableProxyUtil.asString(line.getThrowableProxy()));
  }

  @Test
  void anEventStreamIsNotHeldUpByTheMask() throws IOException {
    world.awaitPolicy(world.routing(route(BEARER)));
    Semaphore read = new Semaphore(0);
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send(
              "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                  + "Transfer-Encoding: chunked\r\n\r\n");
          for (int i = 0; i < 3; i++) {
            connection.send("9\r\ndata: " + i + "\n\n\r\n");
            read.acquire();
          }
          connection.send("0\r\n\r\n");
        });
    Guest guest = world.tunnel();
    guest.send(get("/"));
    Wire.head(guest.in());
    for (int i = 0; i < 3; i++) {
      assertThat(Wire.until(guest.in(), "\n\n")).endsWith("data: " + i + "\n\n");
      read.release();
    }
  }

  @Test
  void anAnswerThatIsCompressedAgainstOurWordIsNotPassedOn() throws IOException {
    world.awaitPolicy(world.routing(route(BEARER)));
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(zipped)) {
      gzip.write(TOKEN.getBytes(StandardCharsets.US_ASCII));
    }
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send(
              "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
                  + zipped.size()
                  + "\r\n\r\n"
                  + zipped.toString(StandardCharsets.ISO_8859_1));
          connection.in().read();
        });
    Guest guest = world.tunnel();
    guest.send(get("/"));

    assertThat(Wire.rest(guest.in()))
        .startsWith("HTTP/1.1 502 ")
        .contains("\"rule\":\"ResponseEncoded\"");
  }

  @Test
  void aCodingWithoutABodyIsPassedOn() throws IOException {
    world.awaitPolicy(world.routing(route(BEARER)));
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send("HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\n\r\n");
          connection.head();
          connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n");
          connection.in().read();
        });
    Guest guest = world.tunnel();
    guest.send(get("/"));
    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 304 ");
    guest.send(get("/").replace("GET", "HEAD"));
    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void aRouteThatIsRemovedOrChangedEndsWhatWasBegunUnderItAndNoOther() throws IOException {
    RoutePolicy first = route(World.HOST, List.of("/a"), List.of(), BEARER);
    RoutePolicy second = route(World.HOST, List.of("/b"), List.of(), BEARER);
    world.awaitPolicy(world.routing(List.of(World.HOST), first, second));
    Semaphore goOn = new Semaphore(0);
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
          goOn.acquire();
          connection.send("rest");
        });
    Guest underFirst = world.tunnel();
    underFirst.send(get("/a"));
    Wire.until(underFirst.in(), "half");
    Guest underSecond = world.tunnel();
    underSecond.send(get("/b"));
    Wire.until(underSecond.in(), "half");

    world.awaitPolicy(world.routing(List.of(World.HOST), second));

    assertThat(ended(underFirst)).isEmpty();
    goOn.release(2);
    assertThat(Wire.exactly(underSecond.in(), 4)).isEqualTo("rest");
  }

  private static RoutePolicy route(RouteAuth auth) {
    return route(World.HOST, List.of(), List.of(), auth);
  }

  private static RoutePolicy route(
      String host, List<String> paths, List<String> methods, RouteAuth auth) {
    return new RoutePolicy(host, paths, methods, false, OnMatch.Block, auth);
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: origin.example.org\r\n\r\n";
  }

  private static String post(String path) {
    return "POST " + path + " HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: 0\r\n\r\n";
  }

  private static String ended(Guest guest) {
    try {
      return Wire.rest(guest.in());
    } catch (IOException cut) {
      return "";
    }
  }
}
