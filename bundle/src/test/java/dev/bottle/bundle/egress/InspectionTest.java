package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.testing.Frames;
import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.Wire;
import dev.bottle.bundle.egress.testing.World;
import dev.bottle.bundle.egress.testing.World.ControlStream;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.control.Finding;
import dev.bottle.crd.policy.AuthType;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.Inspection;
import dev.bottle.crd.policy.OnMatch;
import dev.bottle.crd.policy.RouteAuth;
import dev.bottle.crd.policy.RoutePolicy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a guest sends, and what of it a sink behind egress gets: every byte is recorded. */
class InspectionTest {
  private static final String CANARY = "btl_canary_" + "q7Zk2Lw9Xv4Tn8Rb1Yd6Hc3Mf5Gs0JpA";
  private static final String OWN = "sk-real-0123456789abcdef";
  private static final String FOREIGN = "dop" + "_v1_" + "0123456789abcdef".repeat(4);
  private static final String SLOT = "EGRESS_TOKEN_0";

  @TempDir private Path home;

  private final ByteArrayOutputStream sink = new ByteArrayOutputStream();

  @SuppressWarnings("NullAway.Init")
  private World world;

  @BeforeEach
  void start() throws IOException {
    World.tokens(home, Map.of(SLOT, OWN));
    world = World.start(home);
    world
        .origin()
        .script(connection -> {
          byte[] buffer = new byte[8192];
          boolean answered = false;
          for (int n = connection.in().read(buffer); n >= 0; n = connection.in().read(buffer)) {
            synchronized (sink) {
              sink.write(buffer, 0, n);
            }
            if (!answered && text().contains("END")) {
              answered = true;
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
          }
        });
  }

  @AfterEach
  void stop() throws IOException {
    world.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"path", "query", "header value", "header name", "referer"})
  void aSecretInAHeadNeverDials(String where) throws IOException {
    inspect(OnMatch.Block);
    ControlStream control = world.control();
    control.next();
    Guest guest = world.tunnel();
    guest.send(
        switch (where) {
          case "path" -> "GET /" + CANARY + " HTTP/1.1\r\nHost: origin.example.org\r\n\r\n";
          case "query" ->
              "GET /?q=" + base64("a" + CANARY) + " HTTP/1.1\r\nHost: origin.example.org\r\n\r\n";
          case "header value" ->
              "GET / HTTP/1.1\r\nHost: origin.example.org\r\nUser-Agent: " + CANARY + "\r\n\r\n";
          case "header name" ->
              "GET / HTTP/1.1\r\nHost: origin.example.org\r\n" + CANARY + ": 1\r\n\r\n";
          default ->
              "GET / HTTP/1.1\r\nHost: origin.example.org\r\nReferer: https://a.test/"
                  + CANARY.replace("_", "%5f")
                  + "\r\n\r\n";
        });

    String answer = Wire.rest(guest.in());
    assertThat(answer).startsWith("HTTP/1.1 403 ").contains("\"rule\":\"Canary\"");
    assertThat(answer).doesNotContain(CANARY);
    assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, 443, "CanaryFound"));
    assertThat(world.dialled()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "form", "base64", "gzip", "deflate", "gzip file", "two members"})
  void aSecretInABodyIsRefusedAndNoByteOfItArrives(String how) throws IOException {
    inspect(OnMatch.Block);
    byte[] noise = "some text ".repeat(5000).getBytes(StandardCharsets.US_ASCII);
    byte[] secret = ("{\"k\":\"" + FOREIGN + "\"}").getBytes(StandardCharsets.US_ASCII);
    String coding =
        switch (how) {
          case "gzip", "two members" -> "Content-Encoding: gzip\r\n";
          case "deflate" -> "Content-Encoding: deflate\r\n";
          default -> "";
        };
    byte[] body =
        switch (how) {
          case "form" ->
              join(
                  noise,
                  URLEncoder.encode(FOREIGN.replace("_", "%5F"), StandardCharsets.US_ASCII)
                      .getBytes(StandardCharsets.US_ASCII));
          case "base64" -> join(noise, Base64.getEncoder().encode(secret));
          case "gzip", "gzip file" -> gzip(join(noise, secret));
          case "two members" -> join(gzip(noise), gzip(secret));
          case "deflate" -> deflate(join(noise, secret));
          default -> join(noise, secret);
        };
    Guest guest = world.tunnel();
    send(guest, coding, body);

    assertThat(Wire.rest(guest.in()))
        .startsWith("HTTP/1.1 403 ")
        .contains("\"reason\":\"SecretFound\"", "\"rule\":\"DigitalOceanPersonal\"")
        .doesNotContain(FOREIGN);
    await().untilAsserted(() -> assertThat(world.origin().open()).isZero());
    assertThat(text()).doesNotContain(FOREIGN.substring(0, 10), base64(FOREIGN).substring(4, 14));
    if (!coding.isEmpty()) {
      // All of it is small: nothing of the body may have gone on.
      assertThat(text()).doesNotContain(new String(body, 0, 10, StandardCharsets.ISO_8859_1));
    }
  }

  @Test
  void aSecretInManySmallChunksIsRefused() throws IOException {
    inspect(OnMatch.Block);
    Guest guest = world.tunnel();
    guest.send("POST / HTTP/1.1\r\nHost: origin.example.org\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (char c : ("x" + CANARY + "x").toCharArray()) {
      guest.send("1\r\n" + c + "\r\n");
    }
    guest.send("0\r\n\r\n");

    assertThat(Wire.rest(guest.in())).contains("\"rule\":\"Canary\"");
    assertThat(text()).doesNotContain("b\r\n", "btl");
  }

  @Test
  void theBottlesOwnTokenIsKnown() throws IOException {
    inspect(OnMatch.Observe);
    Guest guest = world.tunnel();
    send(guest, "", ("my key is " + base64(OWN)).getBytes(StandardCharsets.US_ASCII));

    assertThat(Wire.rest(guest.in())).contains("\"rule\":\"OwnToken\"").doesNotContain(OWN);
  }

  @Test
  void redactKeepsTheLengthAndNothingOfTheSecret() throws IOException {
    inspect(OnMatch.Redact);
    ControlStream control = world.control();
    control.next();
    Guest guest = world.tunnel();
    String before = "text ".repeat(4000);
    guest.send(
        "POST / HTTP/1.1\r\nHost: origin.example.org\r\nX-Note: a %s b\r\nContent-Length: %d\r\n\r\n"
            .formatted(FOREIGN, before.length() + FOREIGN.length() + 4));
    guest.send(before + FOREIGN + " END");

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    String mask = "*".repeat(FOREIGN.length());
    assertThat(text())
        .contains("X-Note: a " + mask + " b\r\n")
        .endsWith("\r\n\r\n" + before + mask + " END");
    assertThat(control.next())
        .isEqualTo(
            new Finding("egress", World.HOST, "DigitalOceanPersonal", Finding.Action.Redact));
  }

  /** A conversation that quotes the guest's environment must be able to go on. */
  @Test
  void redactMasksTheCanaryAndTheBottlesOwnTokensToo() throws IOException {
    inspect(OnMatch.Redact);
    Guest guest = world.tunnel();
    String body = "env: " + CANARY + " and " + OWN + " END";
    guest.send(
        "POST / HTTP/1.1\r\nHost: origin.example.org\r\nX-Note: %s\r\nContent-Length: %d\r\n\r\n"
            .formatted(CANARY, body.length()));
    guest.send(body);

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    assertThat(text())
        .contains("X-Note: " + "*".repeat(CANARY.length()) + "\r\n")
        .endsWith(
            "env: " + "*".repeat(CANARY.length()) + " and " + "*".repeat(OWN.length()) + " END")
        .doesNotContain(CANARY);
  }

  @Test
  void redactRefusesWhatItCannotMask() throws IOException {
    inspect(OnMatch.Redact);
    Guest guest = world.tunnel();
    send(guest, "Content-Encoding: gzip\r\n", gzip(FOREIGN.getBytes(StandardCharsets.US_ASCII)));

    assertThat(Wire.rest(guest.in())).contains("\"rule\":\"DigitalOceanPersonal\"");
  }

  @Test
  void observePassesAFormatButNotTheCanary() throws IOException {
    inspect(OnMatch.Observe);
    ControlStream control = world.control();
    control.next();
    Guest guest = world.tunnel();
    send(guest, "", (FOREIGN + " END").getBytes(StandardCharsets.US_ASCII));

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    assertThat(text()).endsWith("\r\n\r\n" + FOREIGN + " END");
    assertThat(control.next())
        .isEqualTo(
            new Finding("egress", World.HOST, "DigitalOceanPersonal", Finding.Action.Observe));
    send(guest, "", CANARY.getBytes(StandardCharsets.US_ASCII));
    assertThat(Wire.rest(guest.in())).contains("\"reason\":\"CanaryFound\"");
    assertThat(text()).doesNotContain("btl");
    assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, 443, "CanaryFound"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"br", "zstd", "gzip, gzip", "x-unknown", "gzip"})
  void whatCannotBeDecodedIsRefused(String coding) throws IOException {
    inspect(OnMatch.Block);
    Guest guest = world.tunnel();
    send(
        guest,
        "Content-Encoding: " + coding + "\r\n",
        "not compressed".getBytes(StandardCharsets.US_ASCII));

    assertThat(Wire.rest(guest.in()))
        .startsWith("HTTP/1.1 415 ")
        .contains("\"rule\":\"BodyCoding\"", "\"reason\":\"ContentCodingUnsupported\"");
    assertThat(text()).doesNotContain("compressed");
  }

  @Test
  void aBombIsRefused() throws IOException {
    inspect(OnMatch.Block);
    Guest guest = world.tunnel();
    send(guest, "Content-Encoding: gzip\r\n", gzip(new byte[64 * 1024 * 1024]));

    assertThat(Wire.rest(guest.in()))
        .startsWith("HTTP/1.1 415 ")
        .contains("\"rule\":\"BodyBomb\"", "\"reason\":\"DecompressionBomb\"");
  }

  @Test
  void withoutAnInspectionNobodyLooks() throws IOException {
    world.awaitPolicy(policy(OnMatch.Block, Inspection.None, List.of()));
    Guest guest = world.tunnel();
    send(guest, "", (CANARY + " END").getBytes(StandardCharsets.US_ASCII));

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void anOrdinaryConversationArrivesUnchanged() throws IOException {
    inspect(OnMatch.Block);
    StringBuilder text = new StringBuilder("{\"messages\":[\"");
    for (int i = 0; i < 3000; i++) {
      text.append(UUID.nameUUIDFromBytes(new byte[] {(byte) i, (byte) (i >> 8)}))
          .append(" AKIAIOSFODNN7" + "EXAMPLE \\n %d %20 \\u0041 sha512-")
          .append(base64("digest " + i * 7919L));
    }
    text.append("\"]}END");
    Guest guest = world.tunnel();
    send(guest, "", text.toString().getBytes(StandardCharsets.US_ASCII));

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    assertThat(text()).endsWith("\r\n\r\n" + text);
  }

  @Test
  void aNameThatCarriesDataIsRefusedBeforeANameServerHearsOfIt() throws IOException {
    world.awaitPolicy(policy(OnMatch.Block, Inspection.Builtin, List.of("*.example.org")));
    ControlStream control = world.control();
    control.next();
    String host = "mzxw6ytboi2gk4tbnrsxg2lomruw4zzb.example.org";
    world.resolve(host, World.ADDRESS);
    Guest guest = world.guest();

    assertThat(guest.connect(host + ":443")).startsWith("HTTP/1.1 403 ");
    assertThat(Wire.rest(guest.in())).contains("\"rule\":\"HostLabelEntropy\"");
    assertThat(control.next()).isEqualTo(new Denial("egress", host, 443, "SecretFound"));
    assertThat(world.resolved()).doesNotContain(host);
    assertThat(world.guest().connect("www.example.org:443")).startsWith("HTTP/1.1 502 ");
    assertThat(world.resolved()).contains("www.example.org");
  }

  @Test
  void aTunnelThatIsOlderThanTheInspectionIsJudgedByItsNameToo() throws IOException {
    List<String> allow = List.of("*.example.org");
    world.awaitPolicy(policy(OnMatch.Block, Inspection.None, allow));
    String host = "mzxw6ytboi2gk4tbnrsxg2lomruw4zzb.example.org";
    world.resolve(host, World.ADDRESS);
    Guest guest = world.guest();
    guest.connect(host + ":443");
    guest.handshake(world.bottle().client(), host, host);
    world.awaitPolicy(policy(OnMatch.Block, Inspection.Builtin, allow));
    guest.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");

    assertThat(Wire.rest(guest.in())).contains("\"rule\":\"HostLabelEntropy\"");
    assertThat(world.dialled()).isEmpty();
  }

  @Test
  void aSecretInWebSocketFramesEndsTheSocket() throws IOException {
    aSecretIsNotWhole(
        Frames.frame(0x01, true, CANARY.substring(0, 20)),
        Frames.frame(0x80, true, CANARY.substring(20) + " rest"));
  }

  /** RFC 6455, section 5.4: a control frame may stand between the frames of a message. */
  @ParameterizedTest
  @ValueSource(ints = {0x89, 0x8a})
  void controlFramesInAMessageHideNothing(int control) throws IOException {
    aSecretIsNotWhole(
        Frames.frame(0x01, true, CANARY.substring(0, 20)),
        Frames.frame(control, true, "zzzz"),
        Frames.frame(0x00, true, CANARY.substring(20, 25)),
        Frames.frame(control, true, ""),
        Frames.frame(0x80, true, CANARY.substring(25) + " rest"));
  }

  @Test
  void controlFramesCarryNothingOut() throws IOException {
    aSecretIsNotWhole(Frames.frame(0x89, true, CANARY + " rest"));
  }

  @Test
  void controlFramesCarryNothingOutPieceByPieceAroundAMessage() throws IOException {
    aSecretIsNotWhole(
        Frames.frame(0x89, true, CANARY.substring(0, 20)),
        Frames.frame(0x01, true, "some text"),
        Frames.frame(0x89, true, CANARY.substring(20) + " rest"));
  }

  @Test
  void aClosingWordCarriesNothingOut() throws IOException {
    aSecretIsNotWhole(Frames.frame(0x88, true, "\u0003\u00e8" + CANARY + " rest"));
  }

  /** The last frame must not arrive. */
  private void aSecretIsNotWhole(String... frames) throws IOException {
    inspect(OnMatch.Block);
    List<String> payloads = new ArrayList<>();
    world
        .origin()
        .script(connection -> {
          connection.send(Frames.accept(connection.head(), ""));
          try {
            while (true) {
              String payload = Frames.read(connection.in()).payload();
              synchronized (payloads) {
                payloads.add(payload);
              }
            }
          } catch (IOException | RuntimeException e) {
            connection.socket().close();
          }
        });
    ControlStream control = world.control();
    control.next();
    Guest guest = world.tunnel();
    guest.send(Frames.request(World.HOST, ""));
    Wire.head(guest.in());
    guest.send(Frames.text(true, "hello"));
    for (String frame : frames) {
      guest.send(frame);
    }

    assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, 443, "CanaryFound"));
    await().untilAsserted(() -> assertThat(world.origin().open()).isZero());
    synchronized (payloads) {
      assertThat(payloads).startsWith("hello").noneMatch(said -> said.contains("rest"));
    }
  }

  private void inspect(OnMatch action) throws IOException {
    world.awaitPolicy(policy(action, Inspection.Builtin, List.of()));
  }

  private EgressPolicy policy(OnMatch action, Inspection inspection, List<String> allow) {
    RouteAuth auth = new RouteAuth(AuthType.Bearer, null, null, SLOT);
    EgressPolicy routed =
        world.routing(allow, new RoutePolicy(World.HOST, List.of(), List.of(), true, action, auth));
    return new EgressPolicy(
        routed.allow(),
        routed.privateDestinations(),
        routed.refusedAddresses(),
        routed.upstreamRoots(),
        routed.routes(),
        routed.slots(),
        inspection,
        routed.responses(),
        CANARY);
  }

  private static void send(Guest guest, String headers, byte[] body) throws IOException {
    guest.send(
        "POST / HTTP/1.1\r\nHost: origin.example.org\r\n"
            + headers
            + "Content-Length: "
            + body.length
            + "\r\n\r\n");
    guest.out().write(body);
    guest.out().flush();
  }

  private String text() {
    synchronized (sink) {
      return sink.toString(StandardCharsets.ISO_8859_1);
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] join(byte[] first, byte[] second) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(first);
    out.writeBytes(second);
    return out.toByteArray();
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    }
    return out.toByteArray();
  }

  private static byte[] deflate(byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(out)) {
      deflater.write(content);
    }
    return out.toByteArray();
  }
}
