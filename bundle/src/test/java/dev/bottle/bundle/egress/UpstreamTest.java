package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.Origin;
import dev.bottle.bundle.egress.testing.TestAuthority;
import dev.bottle.bundle.egress.testing.Wire;
import dev.bottle.bundle.egress.testing.World;
import dev.bottle.bundle.egress.testing.World.ControlStream;
import dev.bottle.crd.control.Denial;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UpstreamTest {
  private static final Origin.Script OK =
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
    world = World.start(home);
    world.origin().script(OK);
  }

  @AfterEach
  void stop() throws IOException {
    world.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "10.98.1.1",
        "192.168.0.1",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "0.0.0.0",
        "64:ff9b::a00:1",
        "100.100.100.200",
        "203.0.113.1",
      })
  void anAddressThatIsNotPublicIsRefusedAndReported(String address) throws IOException {
    ControlStream control = world.control();
    control.next();
    world.resolve(World.HOST, address);

    Guest guest = world.guest();
    assertThat(guest.connect(World.HOST + ":443")).startsWith("HTTP/1.1 403 ");

    assertThat(Wire.rest(guest.in())).contains("\"reason\":\"AddressRefused\"");
    assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, 443, "AddressRefused"));
    assertThat(world.dialled()).isEmpty();
  }

  @Test
  void aPrivateDestinationIsReachedAndItsNeighbourIsNot() throws IOException {
    world.awaitPolicy(world.allowing(List.of("10.98.1.1/32"), List.of()));

    world.resolve(World.HOST, "10.98.1.1");
    assertThat(get(world.tunnel())).endsWith("\r\n\r\nok");
    assertThat(world.dialled()).containsExactly("10.98.1.1");

    world.resolve(World.HOST, "10.98.1.2");
    assertThat(world.guest().connect(World.HOST + ":443")).startsWith("HTTP/1.1 403 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"169.254.169.254", "127.0.0.1", "::1", "fe80::1", "10.98.0.1"})
  void whatMustNotBeReachedIsNotWhateverTheAdminNames(String address) throws IOException {
    world.awaitPolicy(world.allowing(List.of("0.0.0.0/0", "::/0"), List.of("10.98.0.1")));
    world.resolve(World.HOST, address);

    assertThat(world.guest().connect(World.HOST + ":443")).startsWith("HTTP/1.1 403 ");
    assertThat(world.dialled()).isEmpty();
  }

  @Test
  void ofMixedAnswersOnlyThePublicOnesAreDialled() throws IOException {
    world.resolve(World.HOST, "10.0.0.1", "127.0.0.1", World.ADDRESS);

    assertThat(get(world.tunnel())).endsWith("\r\n\r\nok");
    assertThat(world.dialled()).containsExactly(World.ADDRESS);
  }

  @Test
  void aNameThatTurnsPrivateAfterTheConnectIsNotDialled() throws IOException {
    Guest guest = world.tunnel();
    world.resolve(World.HOST, "127.0.0.1");

    assertThat(get(guest)).startsWith("HTTP/1.1 403 ");
    assertThat(world.dialled()).isEmpty();
  }

  @Test
  void aNameWithoutAddressIs502() throws IOException {
    world.awaitPolicy(world.allowing(World.HOST, "nowhere.example.org"));

    Guest guest = world.guest();
    assertThat(guest.connect("nowhere.example.org:443")).startsWith("HTTP/1.1 502 ");
    assertThat(Wire.rest(guest.in()))
        .contains("\"reason\":\"UpstreamFailed\"", "\"rule\":\"NameNotResolved\"");
  }

  @Test
  void addressesAreTriedInOrderUntilOneAnswers() throws IOException {
    world.resolve(World.HOST, "192.0.78.1", World.ADDRESS);
    world.unreachable("192.0.78.1");

    assertThat(get(world.tunnel())).endsWith("\r\n\r\nok");
    assertThat(world.dialled()).containsExactly("192.0.78.1", World.ADDRESS);
  }

  @Test
  void anUpstreamThatDoesNotListenIs502InTheTunnel() throws IOException {
    world.unreachable(World.ADDRESS);

    assertThat(get(world.tunnel()))
        .startsWith("HTTP/1.1 502 ")
        .contains("\"rule\":\"UpstreamUnreachable\"");
  }

  @Test
  void aCertificateForAnotherNameIs502AndNoRequestLeaves() throws IOException {
    assertCertificateInvalid(world.origin("other.example.org"));
  }

  @Test
  void aCertificateOfAnUnknownAuthorityIs502AndNoRequestLeaves() throws IOException {
    TestAuthority stranger = TestAuthority.in(home.resolve("stranger"));
    Instant tomorrow = Instant.now().plus(Duration.ofDays(1));
    try (Origin origin = Origin.start(stranger, List.of(World.HOST), tomorrow, OK)) {
      assertCertificateInvalid(origin);
    }
  }

  @Test
  void anExpiredCertificateIs502AndNoRequestLeaves() throws IOException {
    Instant yesterday = Instant.now().minus(Duration.ofDays(1));
    try (Origin origin = Origin.start(world.internet(), List.of(World.HOST), yesterday, OK)) {
      assertCertificateInvalid(origin);
    }
  }

  @Test
  void anUpstreamThatDoesNotSpeakTlsIs502() throws IOException {
    try (ServerSocket plain = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(() -> {
            try (var socket = plain.accept()) {
              socket
                  .getOutputStream()
                  .write("220 mail.test ESMTP\r\n".getBytes(StandardCharsets.US_ASCII));
              socket.getInputStream().readAllBytes();
            } catch (IOException ended) {
              // the test asserts on the guest's side
            }
          });
      world.dialTo(plain.getLocalPort());

      assertThat(get(world.tunnel()))
          .startsWith("HTTP/1.1 502 ")
          .contains("\"rule\":\"UpstreamHandshakeFailed\"");
    }
  }

  private void assertCertificateInvalid(Origin origin) throws IOException {
    origin.script(OK);
    world.dialTo(origin.port());

    assertThat(get(world.tunnel()))
        .startsWith("HTTP/1.1 502 ")
        .contains("\"reason\":\"UpstreamFailed\"", "\"rule\":\"UpstreamCertificateInvalid\"");
    assertThat(origin.connections()).isOne();
    assertThat(origin.heads()).isEmpty();
  }

  private static String get(Guest guest) throws IOException {
    guest.send("GET / HTTP/1.1\r\nHost: " + World.HOST + "\r\nConnection: close\r\n\r\n");
    return Wire.rest(guest.in());
  }
}
