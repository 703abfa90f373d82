package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.testing.FakePipelock;
import dev.bottle.bundle.egress.testing.FakePipelock.Mischief;
import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.Wire;
import dev.bottle.bundle.egress.testing.World;
import dev.bottle.bundle.egress.testing.World.ControlStream;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.policy.AuthType;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.Inspection;
import dev.bottle.crd.policy.OnMatch;
import dev.bottle.crd.policy.ResponsePolicy;
import dev.bottle.crd.policy.RouteAuth;
import dev.bottle.crd.policy.RoutePolicy;
import dev.bottle.crd.policy.TokenSlot;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Egress with pipelock between it and the internet, also with one that is not what it should be.
 */
@SuppressWarnings("StringConcatToTextBlock") // line ends are what is tested
class PipelockTest {
  private static final String SLOT = "EGRESS_TOKEN_0";
  private static final String TOKEN = "sk-real-0123456789abcdef";
  private static final String CANARY = "btl_canary_0123456789abcdefghijklmnopqrstuv";
  private static final Limits IMPATIENT =
      new Limits(
          256,
          128,
          Duration.ofSeconds(60),
          Duration.ofMillis(300),
          Duration.ofMillis(300),
          Duration.ofSeconds(600),
          Duration.ofSeconds(660),
          Duration.ofSeconds(5));

  @TempDir private Path home;

  @SuppressWarnings("NullAway.Init")
  private World world;

  @SuppressWarnings("NullAway.Init")
  private FakePipelock pipelock;

  @BeforeEach
  void start() throws IOException {
    behind(home.resolve("first"), Limits.DEFAULT);
  }

  @AfterEach
  void stop() throws IOException {
    world.close();
  }

  @Test
  void aRequestGoesThroughPipelockAndNothingElseIsDialled() throws IOException {
    assertThat(get(world.tunnel())).endsWith("\r\n\r\nok");

    assertThat(pipelock.connects())
        .singleElement()
        .asString()
        .startsWith("CONNECT origin.example.org:443 HTTP/1.1\r\n")
        .contains("\r\nhost: origin.example.org:443\r\n");
    assertThat(pipelock.requests())
        .singleElement()
        .asString()
        .startsWith("GET / HTTP/1.1\r\n")
        .contains("\r\nhost: origin.example.org\r\n");
    assertOnlyPipelockIsDialled();
  }

  @Test
  void eachRequestHasATunnelOfItsOwnSoThatNoneIsLost() throws IOException {
    Guest guest = world.tunnel();

    for (int i = 1; i <= 10; i++) {
      guest.send("GET /" + i + " HTTP/1.1\r\nHost: " + World.HOST + "\r\n\r\n");
      assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    }

    assertThat(pipelock.connects()).hasSize(10);
    assertThat(pipelock.requests())
        .hasSize(10)
        .allMatch(request -> request.startsWith("GET /"))
        .last()
        .asString()
        .startsWith("GET /10 ");
  }

  @Test
  void pipelockSeesTheRequestWithItsCredentialAndTheGuestDoesNot() throws IOException {
    Guest guest = world.tunnel();
    world
        .origin()
        .script(connection -> {
          String token = header(connection.head(), "x-api-key");
          connection.send(
              "HTTP/1.1 200 OK\r\nContent-Length: "
                  + (token.length() + 2)
                  + "\r\n\r\n"
                  + token
                  + "ok");
        });
    guest.send("GET /v1 HTTP/1.1\r\nHost: " + World.HOST + "\r\nX-Api-Key: placeholder\r\n\r\n");

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ").doesNotContain(TOKEN);
    assertThat(pipelock.requests())
        .singleElement()
        .asString()
        .contains("\r\nX-Api-Key: " + TOKEN + "\r\n")
        .doesNotContain("placeholder");
  }

  @Test
  void whatTheBuiltinInspectionFindsPipelockDoesNotGet() throws IOException {
    Guest guest = world.tunnel();
    guest.send(
        "POST / HTTP/1.1\r\nHost: "
            + World.HOST
            + "\r\nContent-Length: "
            + CANARY.length()
            + "\r\n\r\n"
            + CANARY);

    assertThat(Wire.rest(guest.in())).contains("\"reason\":\"CanaryFound\"");
    assertThat(world.origin().heads()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "403; blocked: DLP match: AWS Access Key (critical); 403; PipelockBlocked",
        "403; authority mismatch: blocked; 403; PipelockBlocked",
        "403; blocked: response too large for scanning; 403; PipelockResponseTooLarge",
        "403; blocked: compressed response cannot be scanned; 403; PipelockCompressed",
        "429; blocked: rate limit exceeded for example.org; 429; PipelockRateLimit",
      })
  void whatItRefusesIsADenialInOurWords(int status, String text, int answered, String rule)
      throws IOException {
    ControlStream control = settled();
    pipelock.scan(request -> FakePipelock.refusal(status, text));

    assertThat(get(world.tunnel()))
        .startsWith("HTTP/1.1 " + answered + " ")
        .contains("\"reason\":\"PipelockRefused\"", "\"rule\":\"" + rule + "\"")
        .doesNotContain("blocked:", "DLP");
    assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, 443, "PipelockRefused"));
    assertThat(world.origin().connections()).isZero();
  }

  @Test
  void theHeaderOfLaterVersionsIsKnownWhateverTheTextIs() throws IOException {
    pipelock.scan(request ->
        "HTTP/1.1 403 Forbidden\r\n"
            + "X-Pipelock-Block-Reason: dlp_match\r\n"
            + "Content-Length: 4\r\n\r\n"
            + "word");

    assertThat(get(world.tunnel()))
        .contains("\"reason\":\"PipelockRefused\"", "\"rule\":\"PipelockBlocked\"");
  }

  @Test
  void anOriginItCannotReachIs502AndNoDenial() throws IOException {
    pipelock.scan(request -> FakePipelock.refusal(502, "upstream error"));

    assertThat(get(world.tunnel()))
        .startsWith("HTTP/1.1 502 ")
        .contains("\"reason\":\"UpstreamFailed\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno",
        "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 429 Slow Down\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nbad",
      })
  void theOriginsOwnRefusalArrivesAsItIs(String refusal) throws IOException {
    world
        .origin()
        .script(connection -> {
          var _ = connection.head();
          connection.send(refusal);
        });

    String body = refusal.substring(refusal.indexOf("\r\n\r\n"));
    assertThat(get(world.tunnel())).startsWith(refusal.substring(0, 12)).endsWith(body);
  }

  @ParameterizedTest
  @CsvSource({
    "403, 403, PipelockRefused, PipelockConnect",
    "407, 403, PipelockRefused, PipelockConnect",
    "429, 429, PipelockRefused, PipelockRateLimit",
    "500, 502, PipelockUnavailable, PipelockMalformed",
    "502, 502, UpstreamFailed, UpstreamUnreachable",
    "503, 502, PipelockUnavailable, PipelockFrozen",
    "204, 502, PipelockUnavailable, PipelockMalformed",
    "302, 502, PipelockUnavailable, PipelockMalformed",
  })
  void aConnectThatItRefusesSaysWhy(int status, int answered, String reason, String rule)
      throws IOException {
    pipelock.misbehave(connection -> send(connection, FakePipelock.refusal(status, "blocked: x")));

    assertThat(get(world.tunnel()))
        .startsWith("HTTP/1.1 " + answered + " ")
        .contains("\"reason\":\"" + reason + "\"", "\"rule\":\"" + rule + "\"");
    assertNothingArrived();
  }

  static Stream<Arguments> mischief() {
    return Stream.of(
        mischief(
            "PipelockMalformed", connection -> send(connection, "220 mail.test ESMTP\r\n\r\n")),
        mischief(
            "PipelockMalformed",
            connection -> send(connection, "HTTP/1.1 200 OK\r\n" + "x: y\r\n".repeat(10_000))),
        mischief("PipelockClosed", connection -> {}),
        mischief("PipelockTimeout", connection -> connection.getInputStream().read()),
        mischief(
            "PipelockTimeout",
            connection -> {
              send(connection, "HTTP/1.1 200 OK\r\n");
              var _ = connection.getInputStream().read();
            }),
        mischief(
            "PipelockHandshakeFailed",
            connection -> {
              send(connection, "HTTP/1.1 200 OK\r\n\r\n");
            }),
        mischief(
            "PipelockHandshakeFailed",
            connection -> {
              send(connection, "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
              var _ = connection.getInputStream().readAllBytes();
            }),
        mischief(
            "PipelockHandshakeFailed",
            connection -> {
              send(connection, "HTTP/1.1 200 OK\r\n\r\n");
              var _ = connection.getInputStream().readAllBytes(); // and never an answer
            }));
  }

  /** Nobody but pipelock is asked instead, and no byte of the request leaves. */
  @ParameterizedTest
  @MethodSource("mischief")
  void aPipelockThatIsNoProxyIs502(String rule, Mischief mischief) throws IOException {
    world.close();
    behind(home.resolve("second"), IMPATIENT);
    pipelock.misbehave(mischief);

    assertThat(get(world.tunnel()))
        .startsWith("HTTP/1.1 502 ")
        .contains("\"reason\":\"PipelockUnavailable\"", "\"rule\":\"" + rule + "\"");
    assertNothingArrived();
  }

  @Test
  void aCertificateOfTheInternetIsNoneOfPipelock() throws IOException {
    world.origin().script(connection -> connection.head());
    // It hands the tunnel through, and the origin's certificate is valid.
    pipelock.misbehave(connection -> {
      send(connection, "HTTP/1.1 200 OK\r\n\r\n");
      pipelock.handThrough(connection);
    });

    assertThat(get(world.tunnel()))
        .startsWith("HTTP/1.1 502 ")
        .contains("\"rule\":\"PipelockCertificateInvalid\"");
    assertThat(world.origin().heads()).isEmpty();
  }

  @Test
  void aCertificateForAnotherHostIsNotTaken() throws IOException {
    pipelock.misbehave(connection -> {
      send(connection, "HTTP/1.1 200 OK\r\n\r\n");
      pipelock.intercept(connection, "other.example.org");
    });

    assertThat(get(world.tunnel())).contains("\"rule\":\"PipelockCertificateInvalid\"");
    assertNothingArrived();
  }

  @Test
  void withADeadPipelockNothingLeavesAndTheStateSaysSo() throws IOException {
    ControlStream control = settled();

    pipelock.die();
    assertThat(get(world.tunnel()))
        .startsWith("HTTP/1.1 502 ")
        .contains("\"reason\":\"PipelockUnavailable\"", "\"rule\":\"PipelockUnreachable\"");
    DaemonState down = control.awaitState(state -> !state.ready());
    assertThat(down.reason()).isEqualTo("PipelockUnavailable");
    assertThat(down.message()).contains("pipelock at 127.0.0.1:", "does not listen");
    assertThat(down.policyHash()).isNotNull();
    assertNothingArrived();

    pipelock.revive();
    control.awaitState(DaemonState::ready);
    assertThat(get(world.tunnel())).endsWith("\r\n\r\nok");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "HTTP/1.1 503 Service Unavailable; answers 503 when asked for its health",
        "220 mail.test ESMTP; does not speak HTTP",
        "''; closes when asked for its health",
      })
  void aPipelockThatIsNotWellIsNotReady(String answer, String message) throws IOException {
    ControlStream control = settled();
    pipelock.health(answer + "\r\n\r\n".repeat(answer.isEmpty() ? 0 : 1));

    DaemonState down = control.awaitState(state -> !state.ready());
    assertThat(down.reason()).isEqualTo("PipelockUnavailable");
    assertThat(down.message()).endsWith(message);
  }

  @Test
  void aPolicyThatWantsPipelockIsNoneForAnEgressWithout() throws IOException {
    world.close();
    world = World.start(home.resolve("without"));
    ControlStream control = world.control();
    DaemonState before = control.awaitState(DaemonState::ready);

    world.policy(policy());

    DaemonState after = control.awaitState(state -> state.reason() != null);
    assertThat(after.reason()).isEqualTo("PolicyInvalid");
    assertThat(after.message()).contains("without --pipelock");
    assertThat(after.policyHash()).isEqualTo(before.policyHash());
  }

  @Test
  void withoutAPolicyOfItsOwnThatEgressLetsNothingThrough() throws IOException {
    world.close();
    world = World.startWithoutPolicy(home.resolve("without"));
    ControlStream control = world.control();

    world.policy(policy());

    DaemonState refused =
        control.awaitState(state ->
            "PolicyInvalid".equals(state.reason())
                && String.valueOf(state.message()).contains("--pipelock"));
    assertThat(refused.ready()).isFalse();
    assertThat(world.guest().connect(World.HOST + ":443")).startsWith("HTTP/1.1 403 ");
  }

  /** Pipelock looks the name up itself, and may take any of its addresses. */
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "10.0.0.1", "169.254.169.254"})
  void oneRefusedAddressIsEnoughNotToAskPipelock(String address) throws IOException {
    world.resolve(World.HOST, World.ADDRESS, address);

    Guest guest = world.guest();
    assertThat(guest.connect(World.HOST + ":443")).startsWith("HTTP/1.1 403 ");
    assertThat(Wire.rest(guest.in())).contains("\"reason\":\"AddressRefused\"");
    assertThat(pipelock.connects()).isEmpty();
  }

  @Test
  void aNameThatTurnsPrivateAfterTheConnectIsNotAskedFor() throws IOException {
    Guest guest = world.tunnel();
    world.resolve(World.HOST, World.ADDRESS, "10.0.0.1");

    assertThat(get(guest)).contains("\"reason\":\"AddressRefused\"");
    assertThat(pipelock.connects()).isEmpty();
  }

  @Test
  void aChangedPolicyEndsAnExchangeWithAnAddressThatIsNowRefused() throws IOException {
    pipelock.misbehave(connection -> {
      send(connection, "HTTP/1.1 200 OK\r\n\r\n");
      pipelock.intercept(connection, World.HOST);
    });
    world
        .origin()
        .script(connection -> {
          var _ = connection.head();
          connection.in().readAllBytes(); // no answer before the connection ends
        });
    Guest guest = world.tunnel();
    guest.send("GET / HTTP/1.1\r\nHost: " + World.HOST + "\r\n\r\n");
    await().until(() -> !world.origin().heads().isEmpty());

    EgressPolicy policy = policy();
    world.awaitPolicy(
        new EgressPolicy(
            policy.allow(),
            policy.privateDestinations(),
            List.of(World.ADDRESS),
            policy.upstreamRoots(),
            policy.routes(),
            policy.slots(),
            policy.inspection(),
            policy.responses(),
            policy.canary()));

    assertThat(Wire.rest(guest.in())).isEmpty();
  }

  private void behind(Path directory, Limits limits) throws IOException {
    World.tokens(directory, Map.of(SLOT, TOKEN));
    world = World.startBehindPipelock(directory, limits);
    pipelock = world.pipelock();
    world
        .origin()
        .script(connection -> {
          if (!connection.head().isEmpty()) {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          }
        });
    world.awaitPolicy(policy());
  }

  private EgressPolicy policy() {
    return new EgressPolicy(
        List.of(World.HOST),
        List.of(),
        List.of(),
        world.internet().pem(),
        List.of(
            new RoutePolicy(
                World.HOST,
                List.of("/v1"),
                List.of(),
                false,
                OnMatch.Block,
                new RouteAuth(AuthType.Header, "X-Api-Key", null, SLOT))),
        List.of(new TokenSlot(SLOT, "secret", "key")),
        Inspection.Pipelock,
        ResponsePolicy.DEFAULT,
        CANARY);
  }

  /** A control connection of which everything was read that is there while all is well. */
  private ControlStream settled() throws IOException {
    ControlStream control = world.control();
    control.awaitState(DaemonState::ready);
    return control;
  }

  private void assertOnlyPipelockIsDialled() {
    assertThat(world.dialled()).isNotEmpty().containsOnly("127.0.0.1");
  }

  private void assertNothingArrived() {
    assertOnlyPipelockIsDialled();
    assertThat(world.origin().connections()).isZero();
    assertThat(pipelock.requests()).isEmpty();
  }

  private static Arguments mischief(String rule, Mischief mischief) {
    return Arguments.of(rule, mischief);
  }

  private static void send(Socket connection, String text) throws IOException {
    connection.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    connection.getOutputStream().flush();
  }

  private static String header(String head, String name) {
    return head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ": "))
        .map(line -> line.substring(name.length() + 2))
        .findFirst()
        .orElse("");
  }

  private static String get(Guest guest) throws IOException {
    guest.send("GET / HTTP/1.1\r\nHost: " + World.HOST + "\r\nConnection: close\r\n\r\n");
    return Wire.rest(guest.in());
  }
}
