package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.Wire;
import dev.bottle.bundle.egress.testing.World;
import dev.bottle.bundle.egress.testing.World.ControlStream;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.control.NonceSeen;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DoorTest {
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
  void theNonceOfAProbeIsEchoedAndToldEverywhereAndIsNoDenial() throws IOException {
    String nonce = "0123456789abcdef0123456789abcdef";
    ControlStream first = world.control();
    ControlStream second = world.control();
    first.next();
    second.next();

    String answer = world.guest().connect(nonce + ".probe.bottle.invalid:443");
    world.guest().connect("evil.test:443");

    assertThat(answer).startsWith("HTTP/1.1 403 ").contains("Bottle-Nonce: " + nonce + "\r\n");
    for (ControlStream control : List.of(first, second)) {
      assertThat(control.next()).isEqualTo(new NonceSeen("egress", nonce));
      assertThat(control.next()).isInstanceOf(Denial.class);
    }
  }

  @Test
  void aHostThatIsNotAllowedIsRefusedWithItsRemedyAndReported() throws IOException {
    ControlStream control = world.control();
    control.next();

    Guest guest = world.guest();
    String head = guest.connect("evil.test:443");

    assertThat(head)
        .startsWith("HTTP/1.1 403 ")
        .containsIgnoringCase("content-type: application/json\r\n");
    assertThat(Wire.rest(guest.in()))
        .isEqualTo(
            """
            {"host":"evil.test","reason":"HostNotAllowed",\
            "remedy":"Add the host to spec.egress.allow; a supervised agent can ask for it with request_egress.","rule":"NotInAllow"}\
            """);
    assertThat(control.next()).isEqualTo(new Denial("egress", "evil.test", 443, "HostNotAllowed"));
    assertThat(world.dialled()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "origin.example.org.",
        "origin.example.org.evil.test",
        "evil-origin.example.org",
        "sub.origin.example.org",
        "example.org",
        "93.184.216.34",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::1%25eth0]",
        "localhost",
        "origin.example.org%00.evil",
        "origin.example.org@evil.test",
        "evil.test:443@origin.example.org",
        "*.example.org",
        "metadata.google.internal",
      })
  void nothingElseIsThatHost(String host) throws IOException {
    assertThat(world.guest().connect(host + ":443")).startsWith("HTTP/1.1 403 ");
    assertThat(world.dialled()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {22, 25, 80, 6379, 8443, 444})
  void onlyPort443IsReached(int port) throws IOException {
    ControlStream control = world.control();
    control.next();

    Guest guest = world.guest();
    assertThat(guest.connect(World.HOST + ":" + port)).startsWith("HTTP/1.1 403 ");

    assertThat(Wire.rest(guest.in())).contains("\"reason\":\"PortNotAllowed\"");
    assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, port, "PortNotAllowed"));
    assertThat(world.dialled()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "GET / HTTP/1.1, 405",
    "GET /healthz HTTP/1.1, 405",
    "GET http://origin.example.org/ HTTP/1.1, 405",
    "POST https://origin.example.org/ HTTP/1.1, 405",
    "PRI * HTTP/2.0, 405",
    "connect origin.example.org:443 HTTP/1.1, 405",
    "CONNECT origin.example.org HTTP/1.1, 400",
    "CONNECT /origin.example.org:443 HTTP/1.1, 403",
    "CONNECT origin.example.org:0 HTTP/1.1, 400",
    "CONNECT origin.example.org:https HTTP/1.1, 400",
    "SSH-2.0-OpenSSH_9.9, 400",
  })
  void theDoorTakesNothingButConnect(String line, int status) throws IOException {
    Guest guest = world.guest();
    guest.send(line + "\r\nHost: origin.example.org\r\n\r\n");

    assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 " + status + " ");
    assertThat(world.dialled()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CONNECT origin.example.org:443 HTTP/1.1\nHost: x\n\n",
        "CONNECT origin.example.org:443 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
        "CONNECT origin.example.org:443 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "CONNECT origin.example.org:443 HTTP/1.1\r\nBad Name: x\r\n\r\n",
        "CONNECT origin.example.org:443 HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
        "CONNECT origin\u0000.example.org:443 HTTP/1.1\r\n\r\n",
        "CONNECT origin.example.org:443\rX: HTTP/1.1\r\n\r\n",
      })
  void aMalformedHeadIs400(String head) throws IOException {
    Guest guest = world.guest();
    guest.send(head);

    assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 400 ");
    assertThat(world.dialled()).isEmpty();
  }

  @Test
  void aHeadOfMoreThan64KiBIsRefused() throws IOException {
    Guest guest = world.guest();
    guest.send("CONNECT origin.example.org:443 HTTP/1.1\r\n");
    guest.send(("X-Filler: " + "x".repeat(8000) + "\r\n").repeat(9));

    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 431 ");
  }

  @Test
  void aGuestMaySendItsClientHelloWithoutWaiting() throws IOException {
    Guest guest = world.guest();
    // A record header and nothing more: enough to be kept, and not enough to be answered.
    guest.send("CONNECT origin.example.org:443 HTTP/1.1\r\n\r\n\u0016\u0003\u0001\u0000\u0010");

    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 200 ");
    guest.send("not a hello at all");
    assertThat(guest.in().read()).as("an alert record").isEqualTo(0x15);
  }

  @Test
  void aGuestThatSaysNoMoreStillGetsItsAnswer() throws IOException {
    try (SocketChannel door = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      door.connect(UnixDomainSocketAddress.of(world.path("door/egress.sock")));
      Channels.newOutputStream(door)
          .write("CONNECT evil.test:443 HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      door.shutdownOutput();

      assertThat(Wire.rest(Channels.newInputStream(door))).startsWith("HTTP/1.1 403 ");
    }
  }

  @Test
  void socketsHaveTheModesOfTheContract() throws IOException {
    assertThat(mode("door/egress.sock")).isEqualTo("rw-rw-rw-");
    assertThat(mode("control/control.sock")).isEqualTo("rw-rw----");
  }

  @Test
  void aSocketOfAKilledProcessIsReplaced(@TempDir Path other) throws IOException {
    Path socket = Files.createDirectory(other.resolve("door")).resolve("egress.sock");
    try (ServerSocketChannel former = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      former.bind(UnixDomainSocketAddress.of(socket));
    }
    assertThat(Files.exists(socket)).as("left behind").isTrue();

    try (World again = World.start(other)) {
      assertThat(again.guest().connect("evil.test:443")).startsWith("HTTP/1.1 403 ");
    }
  }

  @Test
  void aFileInItsPlaceIsLeftAlone(@TempDir Path other) throws IOException {
    Path file = Files.createDirectory(other.resolve("door")).resolve("egress.sock");
    Files.writeString(file, "precious");

    assertThatThrownBy(() -> World.start(other))
        .isInstanceOf(IOException.class)
        .hasMessage(file + " is there and is no socket");
    assertThat(file).hasContent("precious");
  }

  @Test
  void moreTunnelsThanTheLimitAre503UntilOneEnds(@TempDir Path other) throws IOException {
    Limits two =
        new Limits(
            16,
            2,
            Duration.ofSeconds(30),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofSeconds(1));
    try (World small = World.start(other, two, Guard.NONE)) {
      Guest first = small.guest();
      assertThat(first.connect(World.HOST + ":443")).startsWith("HTTP/1.1 200 ");
      assertThat(small.guest().connect(World.HOST + ":443")).startsWith("HTTP/1.1 200 ");

      Guest third = small.guest();
      assertThat(third.connect(World.HOST + ":443")).startsWith("HTTP/1.1 503 ");
      assertThat(Wire.rest(third.in())).contains("\"reason\":\"TooManyTunnels\"");

      first.close();
      await()
          .untilAsserted(() ->
              assertThat(small.guest().connect(World.HOST + ":443")).startsWith("HTTP/1.1 200 "));
    }
  }

  @Test
  void moreConnectionsThanTheLimitAreClosedAndOthersServed(@TempDir Path other) throws IOException {
    Limits few =
        new Limits(
            4,
            2,
            Duration.ofSeconds(30),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofSeconds(1));
    try (World small = World.start(other, few, Guard.NONE)) {
      List<Guest> idle = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        idle.add(small.guest().send("CONNECT "));
      }
      await().untilAsserted(() -> assertThat(small.guest().in().read()).isEqualTo(-1));

      idle.getFirst().close();
      await()
          .untilAsserted(
              () -> assertThat(small.guest().connect("evil.test:443")).startsWith("HTTP/1.1 403 "));
    }
  }

  @Test
  void aHeadThatDripsIsNotWaitedFor(@TempDir Path other) throws IOException {
    Limits hasty =
        new Limits(
            16,
            2,
            Duration.ofMillis(200),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofSeconds(1));
    try (World impatient = World.start(other, hasty, Guard.NONE)) {
      ControlStream control = impatient.control();
      control.next();
      assertThat(impatient.guest().in().read())
          .as("who asks nothing is told nothing")
          .isEqualTo(-1);
      assertThat(Wire.rest(impatient.guest().send("CONNECT origin").in()))
          .startsWith("HTTP/1.1 408 ")
          .contains("\"rule\":\"HeadTimeout\"");
      assertThat(control.next()).isEqualTo(new Denial("egress", "", 0, "RequestTimeout"));
    }
  }

  private String mode(String socket) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(world.path(socket)));
  }
}
