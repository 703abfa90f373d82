package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.alarm.ManualTime;
import dev.bottle.bundle.egress.testing.Frames;
import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.Http2Origin;
import dev.bottle.bundle.egress.testing.Origin;
import dev.bottle.bundle.egress.testing.Wire;
import dev.bottle.bundle.egress.testing.World;
import dev.bottle.bundle.egress.testing.World.ControlStream;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.policy.AuthType;
import dev.bottle.crd.policy.BottleIdentity;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.Grant;
import dev.bottle.crd.policy.Inspection;
import dev.bottle.crd.policy.OnMatch;
import dev.bottle.crd.policy.Policy;
import dev.bottle.crd.policy.RouteAuth;
import dev.bottle.crd.policy.RoutePolicy;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people allow for a while, and its end. */
@SuppressWarnings("StringConcatToTextBlock") // line ends are what is sent
class GrantTest {
  private static final String OTHER = "other.example.org";
  private static final String SLOT = "EGRESS_TOKEN_0";
  private static final String TOKEN = "sk-real-0123456789abcdef";
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Origin.Script ALWAYS_OK =
      connection -> {
        while (!connection.head().isEmpty()) {
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
      };

  @TempDir private Path home;

  private final ManualTime time = new ManualTime(Instant.now().truncatedTo(ChronoUnit.SECONDS));

  @SuppressWarnings("NullAway.Init")
  private World world;

  @BeforeEach
  void start() throws IOException {
    World.tokens(home, Map.of(SLOT, TOKEN));
    world = World.start(home, time);
    world.origin().script(ALWAYS_OK);
    world.resolve(OTHER, World.ADDRESS);
  }

  @AfterEach
  void stop() throws IOException {
    world.close();
  }

  private Grant grant(String host, List<String> methods, @Nullable String path) {
    return new Grant(host, methods, path, time.instant().plus(MINUTE).getEpochSecond());
  }

  private Grant everything(String host) {
    return grant(host, List.of(), null);
  }

  private static String request(String method, String target, String more) {
    return method + " " + target + " HTTP/1.1\r\nHost: origin.example.org\r\n" + more + "\r\n";
  }

  private String once(String method, String target, String more) throws IOException {
    Guest guest = world.tunnel();
    guest.send(request(method, target, "Connection: close\r\n" + more));
    return Wire.rest(guest.in());
  }

  /** What one more request on this connection brings: nothing when it is closed. */
  private static String again(Guest guest) {
    try {
      guest.send(request("GET", "/v1", ""));
      return Wire.until(guest.in(), "ok");
    } catch (IOException closed) {
      return "";
    }
  }

  @Test
  void itIsReachedUntilItsTimeAndThenRefusedAsAnyHost() throws IOException {
    world.awaitPolicy(world.granting(List.of(), everything(World.HOST)));
    assertThat(once("POST", "/", "")).startsWith("HTTP/1.1 200 ");

    time.pass(MINUTE.minusSeconds(1));
    assertThat(once("GET", "/x%2fy", "")).startsWith("HTTP/1.1 200 ");
    assertThat(world.guest().connect(OTHER + ":443")).startsWith("HTTP/1.1 403 ");

    time.pass(Duration.ofSeconds(1));
    try (ControlStream control = world.control()) {
      assertThat(control.next()).isInstanceOf(DaemonState.class);
      Guest guest = world.guest();
      assertThat(guest.connect(World.HOST + ":443")).startsWith("HTTP/1.1 403 ");
      assertThat(Wire.rest(guest.in())).contains("\"reason\":\"HostNotAllowed\"");
      assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, 443, "HostNotAllowed"));
    }
    assertThat(world.origin().heads()).hasSize(2);
    assertThat(time.waiting()).as("nothing is left to end").isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1, 200, ''",
    "GET, /v1/x?y=//, 200, ''",
    "POST, /v1, 403, GrantNotMatched",
    "HEAD, /v1, 403, ''",
    "GET, /v10, 403, GrantNotMatched",
    "GET, /, 403, GrantNotMatched",
    "GET, /v2/v1, 403, GrantNotMatched",
    "GET, /v1//x, 400, PathNotCanonical",
    "GET, /v1/%2fx, 400, PathNotCanonical",
    "GET, /%76%31, 400, PathNotCanonical",
  })
  void itIsForItsMethodsAndPathsOnly(String method, String target, int status, String rule)
      throws IOException {
    world.awaitPolicy(world.granting(List.of(), grant(World.HOST, List.of("GET"), "/v1/")));

    assertThat(once(method, target, "")).startsWith("HTTP/1.1 " + status).contains(rule);
    assertThat(world.origin().heads()).hasSize(status == 200 ? 1 : 0);
  }

  @Test
  void neitherAnOverrideNorAWebSocketIsAWayAround() throws IOException {
    world.awaitPolicy(world.granting(List.of(), grant(World.HOST, List.of("GET"), null)));

    assertThat(once("GET", "/", "X-HTTP-Method-Override: DELETE\r\n")).contains("OverrideHeader");
    Guest guest = world.tunnel();
    guest.send(Frames.request(World.HOST, ""));
    assertThat(Wire.rest(guest.in())).contains("WebSocketNotAllowed");
    assertThat(world.origin().connections()).isZero();
  }

  @Test
  void atItsTimeWhatLivesByItIsClosedAndTheRestLivesOn() throws IOException {
    world.awaitPolicy(
        world.granting(List.of(OTHER), everything(World.HOST), later("third.example.org")));
    Guest idle = world.tunnel();
    assertThat(again(idle)).startsWith("HTTP/1.1 200 ");
    Origin slow = world.origin(World.HOST);
    slow.script(connection -> {
      connection.head();
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
      connection.in().read();
    });
    world.dialTo(slow.port());
    Guest answering = world.tunnel();
    answering.send(request("GET", "/", ""));
    Wire.until(answering.in(), "half");
    Guest kept = other();

    time.pass(MINUTE);

    awaitClosed(idle);
    awaitClosed(answering);
    await().untilAsserted(() -> assertThat(slow.open()).isZero());
    assertThat(world.origin().heads()).hasSize(1);
    kept.send("GET / HTTP/1.1\r\nHost: other.example.org\r\n\r\n");
    assertThat(Wire.until(kept.in(), "ok")).startsWith("HTTP/1.1 200 ");
    assertThat(time.waiting()).as("for the end of the third").isOne();
  }

  @Test
  void aRequestAfterItsEndOnATunnelThatIsStillOpenIsToldSoByTheInspectionToo() throws IOException {
    EgressPolicy plain = world.routing(List.of("*.example.net"));
    world.awaitPolicy(
        World.granting(
            new EgressPolicy(
                plain.allow(),
                plain.privateDestinations(),
                plain.refusedAddresses(),
                plain.upstreamRoots(),
                plain.routes(),
                plain.slots(),
                Inspection.Builtin,
                plain.responses(),
                plain.canary()),
            everything(World.HOST)));
    Guest guest = world.tunnel();
    assertThat(again(guest)).startsWith("HTTP/1.1 200 ");
    try (ControlStream control = world.control()) {
      assertThat(control.next()).isInstanceOf(DaemonState.class);

      time.passUnnoticed(MINUTE);

      guest.send(request("GET", "/v1", "Connection: close\r\n"));
      assertThat(Wire.rest(guest.in()))
          .startsWith("HTTP/1.1 403 ")
          .contains("\"reason\":\"HostNotAllowed\"", "NotInAllow");
      assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, 443, "HostNotAllowed"));
    }
    assertThat(world.origin().heads()).hasSize(1);
  }

  private static void awaitClosed(Guest guest) throws IOException {
    try {
      assertThat(guest.in().read()).isNegative();
    } catch (SocketTimeoutException open) {
      throw open;
    } catch (IOException cut) {
      // without TLS's farewell
    }
  }

  private Grant later(String host) {
    return new Grant(host, List.of(), null, time.instant().plusSeconds(7200).getEpochSecond());
  }

  /** A tunnel to another host that is allowed, over which requests were answered already. */
  private Guest other() throws IOException {
    Origin origin = world.origin(OTHER);
    origin.script(ALWAYS_OK);
    world.dialTo(origin.port());
    Guest guest = world.guest();
    guest.connect(OTHER + ":443");
    guest.handshake(world.bottle().client(), OTHER, OTHER);
    guest.send("GET / HTTP/1.1\r\nHost: other.example.org\r\n\r\n");
    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    return guest;
  }

  @Test
  void anAnswerOverHttp2IsCutAtItsTime() throws IOException {
    try (Http2Origin origin = new Http2Origin(world.internet(), List.of(World.HOST), 65_535)) {
      world.dialTo(origin.port());
      origin.script(stream -> stream.answer("200", false).data("begun", false));
      world.awaitPolicy(world.granting(List.of(), everything(World.HOST)));
      Guest guest = world.tunnel().send(request("GET", "/", ""));
      Wire.until(guest.in(), "begun");

      time.pass(MINUTE);

      await().untilAsserted(() -> assertThat(origin.open()).isZero());
      assertThat(restUntilCut(guest)).doesNotContain("0\r\n\r\n");
    }
  }

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

  @Test
  void aPolicyWithoutItEndsItBefore() throws IOException {
    world.awaitPolicy(world.granting(List.of(), everything(World.HOST)));
    Guest guest = world.tunnel();
    assertThat(again(guest)).startsWith("HTTP/1.1 200 ");

    world.awaitPolicy(world.granting(List.of(OTHER)));

    assertThat(again(guest)).isEmpty();
    assertThat(world.guest().connect(World.HOST + ":443")).startsWith("HTTP/1.1 403 ");
    assertThat(time.waiting()).isZero();
  }

  @Test
  void aPolicyThatLetsItLastLongerCutsNothing() throws IOException {
    world.awaitPolicy(world.granting(List.of(), everything(World.HOST)));
    Guest guest = world.tunnel();
    assertThat(again(guest)).startsWith("HTTP/1.1 200 ");

    world.awaitPolicy(world.granting(List.of(), later(World.HOST)));
    time.pass(MINUTE);

    assertThat(again(guest)).startsWith("HTTP/1.1 200 ");
    assertThat(world.origin().connections()).isOne();
  }

  @Test
  void aRestartInBetweenChangesNothing() throws IOException {
    world.awaitPolicy(world.granting(List.of(), everything(World.HOST)));
    world.close();
    time.pass(Duration.ofSeconds(30));

    world = World.start(home, time);
    Guest open = world.guest();
    assertThat(open.connect(World.HOST + ":443")).startsWith("HTTP/1.1 200 ");
    time.pass(Duration.ofSeconds(30));
    assertThat(open.in().read()).as("closed").isNegative();
    world.close();

    world = World.start(home, time);
    assertThat(world.guest().connect(World.HOST + ":443")).startsWith("HTTP/1.1 403 ");
  }

  @Test
  void routesComeFirstAndNoGrantSetsACredential() throws IOException {
    RoutePolicy route =
        new RoutePolicy(
            World.HOST,
            List.of("/private"),
            List.of(),
            false,
            OnMatch.Block,
            new RouteAuth(AuthType.Bearer, null, null, SLOT));
    world.awaitPolicy(
        World.granting(world.routing(route), grant(World.HOST, List.of("GET"), null)));

    assertThat(once("GET", "/", "Authorization: Bearer guest\r\n")).startsWith("HTTP/1.1 200 ");
    assertThat(world.origin().heads()).singleElement().asString().doesNotContain("Bearer");
    assertThat(once("POST", "/private", "Content-Length: 0\r\n")).startsWith("HTTP/1.1 200 ");
    assertThat(world.origin().heads().getLast()).contains("Bearer " + TOKEN);
    assertThat(once("GET", "/%70rivate", "")).contains("PathNotCanonical");

    time.pass(MINUTE);

    assertThat(once("GET", "/", "")).startsWith("HTTP/1.1 403 ").contains("RouteNotMatched");
    assertThat(once("GET", "/private", "")).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void aHostThatIsAllowedAnywayIsNeitherNarrowedNorEnded() throws IOException {
    world.awaitPolicy(
        world.granting(List.of(World.HOST), grant(World.HOST, List.of("GET"), "/v1")));
    Guest guest = world.tunnel();
    assertThat(again(guest)).startsWith("HTTP/1.1 200 ");
    assertThat(once("POST", "/v2//x", "X-HTTP-Method-Override: PUT\r\nContent-Length: 0\r\n"))
        .startsWith("HTTP/1.1 200 ");

    time.pass(MINUTE);

    assertThat(again(guest)).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void aWildcardIsNoGrantAndThePolicyBeforeStays() throws IOException {
    EgressPolicy good = world.granting(List.of(), everything(World.HOST));
    world.awaitPolicy(good);
    try (ControlStream control = world.control()) {
      String json =
          new String(
              new Policy(Policy.VERSION, new BottleIdentity("ns", "demo", "uid"), good).toJson(),
              StandardCharsets.UTF_8);

      world.policy(
          json.replace("\"host\":\"origin.example.org\"", "\"host\":\"*.example.org\"")
              .getBytes(StandardCharsets.UTF_8));

      control.awaitState(state -> "PolicyInvalid".equals(state.reason()));
    }
    assertThat(world.guest().connect(OTHER + ":443")).startsWith("HTTP/1.1 403 ");
    assertThat(world.guest().connect(World.HOST + ":443")).startsWith("HTTP/1.1 200 ");
  }
}
