package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.World;
import dev.bottle.bundle.egress.testing.World.ControlStream;
import dev.bottle.crd.control.Denial;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InterceptionTest {
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
  void theGuestSeesALeafOfItsOwnAuthorityAndHttp11() throws Exception {
    SSLSocket tls = (SSLSocket) world.tunnel().socket();

    X509Certificate leaf = (X509Certificate) tls.getSession().getPeerCertificates()[0];
    assertThat(leaf.getSubjectAlternativeNames())
        .singleElement()
        .satisfies(name -> assertThat(name.get(1)).isEqualTo(World.HOST));
    assertThat(leaf.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
    assertThat(leaf.getBasicConstraints()).as("is no authority").isEqualTo(-1);
    Instant now = Instant.now();
    assertThat(leaf.getNotBefore().toInstant()).isBefore(now.minus(Duration.ofMinutes(59)));
    assertThat(leaf.getNotAfter().toInstant())
        .isBetween(now.plus(Duration.ofHours(47)), now.plus(Duration.ofDays(2)));
    assertThat(tls.getApplicationProtocol()).isEqualTo("http/1.1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"evil.test", "sub.origin.example.org", "example.org"})
  void anotherServerNameIsRefusedAndNothingIsDialled(String name) throws IOException {
    ControlStream control = world.control();
    control.next();
    Guest guest = world.guest();
    guest.connect(World.HOST + ":443");

    assertThatThrownBy(() -> guest.handshake(world.bottle().client(), World.HOST, name))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("unrecognized_name");
    assertThat(control.next()).isEqualTo(new Denial("egress", name, 443, "HostMismatch"));
    assertThat(world.dialled()).isEmpty();
    assertNoOtherDenial(control);
  }

  @Test
  void noServerNameIsRefused() throws IOException {
    ControlStream control = world.control();
    control.next();
    Guest guest = world.guest();
    guest.connect(World.HOST + ":443");

    assertThatThrownBy(() -> guest.handshake(world.bottle().client(), World.HOST, null))
        .isInstanceOf(SSLException.class);
    assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, 443, "HostMismatch"));
    assertThat(world.dialled()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"SSH-2.0-OpenSSH_9.9\r\n", "GET / HTTP/1.1\r\nHost: origin.example.org\r\n\r\n"})
  void whatIsNoTlsIsRefused(String bytes) throws IOException {
    ControlStream control = world.control();
    control.next();
    Guest guest = world.guest();
    guest.connect(World.HOST + ":443");
    guest.send(bytes);

    assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, 443, "RequestMalformed"));
    assertThat(guest.in().readAllBytes()).as("an alert at most").hasSizeLessThan(16);
    assertThat(world.dialled()).isEmpty();
    assertNoOtherDenial(control);
  }

  @Test
  void anotherBottlesAuthorityIsNotTrusted(@TempDir Path other) throws IOException {
    try (World stranger = World.start(other)) {
      Guest guest = world.guest();
      guest.connect(World.HOST + ":443");

      assertThatThrownBy(() -> guest.handshake(stranger.bottle().client(), World.HOST, World.HOST))
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("PKIX");
    }
  }

  @Test
  void eachHostHasItsOwnLeaf() throws IOException {
    world.awaitPolicy(world.allowing(World.HOST, "*.example.net"));
    world.resolve("a.b.example.net", World.ADDRESS);
    for (String host : List.of("a.b.example.net", World.HOST)) {
      Guest guest = world.guest();
      assertThat(guest.connect(host + ":443")).startsWith("HTTP/1.1 200 ");
      guest.handshake(world.bottle().client(), host, host); // verifies the name
    }
  }

  /** What is told next is what happens next. */
  private void assertNoOtherDenial(ControlStream control) throws IOException {
    world.guest().connect("another.test:443");
    assertThat(control.next())
        .isEqualTo(new Denial("egress", "another.test", 443, "HostNotAllowed"));
  }
}
