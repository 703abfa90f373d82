package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.TestAuthority;
import dev.bottle.bundle.egress.testing.Wire;
import dev.bottle.bundle.egress.testing.World;
import dev.bottle.bundle.egress.testing.World.ControlStream;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.policy.EgressPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: origin.example.org\r\n\r\n";

  @TempDir private Path home;

  @Test
  void withoutAPolicyEverythingIsRefusedAndNothingIsReady() throws IOException {
    try (World world = World.startWithoutPolicy(home);
        ControlStream control = world.control()) {
      assertThat((DaemonState) control.next())
          .returns(false, DaemonState::ready)
          .returns(null, DaemonState::policyHash)
          .returns("PolicyInvalid", DaemonState::reason);
      Guest guest = world.guest();
      assertThat(guest.connect(World.HOST + ":443")).startsWith("HTTP/1.1 403 ");
      assertThat(Wire.rest(guest.in())).contains("\"reason\":\"PolicyInvalid\"");

      String hash = world.policy(world.allowing(World.HOST));

      assertThat(control.awaitState(DaemonState::ready).policyHash()).isEqualTo(hash);
      assertThat(world.guest().connect(World.HOST + ":443")).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void aNewPolicyAllowsAtOnceAndTellsItsHash() throws IOException {
    try (World world = World.start(home)) {
      world.resolve("new.example.org", World.ADDRESS);
      assertThat(world.guest().connect("new.example.org:443")).startsWith("HTTP/1.1 403 ");

      world.awaitPolicy(world.allowing(World.HOST, "new.example.org"));

      assertThat(world.guest().connect("new.example.org:443")).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void whenTheHashIsToldWhatIsNoLongerAllowedIsClosedAndTheRestLives() throws IOException {
    try (World world = World.start(home)) {
      serve(world);
      world.awaitPolicy(world.allowing(World.HOST, "kept.example.org"));
      world.resolve("kept.example.org", World.ADDRESS);
      Guest dropped = world.tunnel();
      dropped.send(GET);
      Wire.until(dropped.in(), "ok");
      Guest kept = world.guest();
      kept.connect("kept.example.org:443");
      kept.handshake(world.bottle().client(), "kept.example.org", "kept.example.org");

      world.awaitPolicy(world.allowing("kept.example.org"));

      // The hash is told: from here on nothing may pass.
      int before = world.origin().heads().size();
      assertThat(attempt(dropped)).isEmpty();
      assertThat(world.origin().heads()).hasSize(before);
      assertThat(world.guest().connect(World.HOST + ":443")).startsWith("HTTP/1.1 403 ");
      world.dialTo(world.origin("kept.example.org").port());
      kept.send("GET / HTTP/1.1\r\nHost: kept.example.org\r\nConnection: close\r\n\r\n");
      assertThat(Wire.head(kept.in())).as("alive").startsWith("HTTP/1.1 ");
    }
  }

  @Test
  void aResponseThatIsUnderWayIsCutWhenItsHostIsNoLongerAllowed() throws IOException {
    try (World world = World.start(home)) {
      world
          .origin()
          .script(connection -> {
            connection.head();
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
            connection.in().read();
          });
      Guest guest = world.tunnel();
      guest.send(GET);
      Wire.until(guest.in(), "half");

      world.awaitPolicy(world.allowing("other.example.org"));

      assertThat(attempt(guest)).isEmpty();
      await().untilAsserted(() -> assertThat(world.origin().open()).isZero());
    }
  }

  @Test
  void aTunnelWhoseAddressIsRefusedNowIsClosed() throws IOException {
    try (World world = World.start(home)) {
      serve(world);
      world.awaitPolicy(world.allowing(List.of("10.98.1.0/24"), List.of()));
      world.resolve(World.HOST, "10.98.1.1");
      Guest guest = world.tunnel();
      guest.send(GET);
      Wire.until(guest.in(), "ok");

      world.awaitPolicy(world.allowing(List.of("10.98.1.0/24"), List.of("10.98.1.1")));

      assertThat(attempt(guest)).isEmpty();
      assertThat(world.origin().heads()).hasSize(1);
    }
  }

  @Test
  void aRootThatIsNoLongerTrustedEndsWhatItVerifiedAndAnAddedOneDoesNot() throws IOException {
    try (World world = World.start(home)) {
      serve(world);
      TestAuthority second = TestAuthority.in(home.resolve("second"));
      Guest guest = world.tunnel();
      guest.send(GET);
      Wire.until(guest.in(), "ok");

      world.awaitPolicy(
          new EgressPolicy(
              List.of(World.HOST), List.of(), List.of(), world.internet().pem() + second.pem()));
      guest.send(GET);
      assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
      assertThat(world.origin().connections()).isOne();

      world.awaitPolicy(new EgressPolicy(List.of(World.HOST), List.of(), List.of(), second.pem()));
      assertThat(attempt(guest)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "null",
        "{\"version\":2}",
        """
        {"version":1,"bottle":{"namespace":"n","name":"b","uid":"u"},"egress":{"allow":["*"],\
        "privateDestinations":[],"refusedAddresses":[],"upstreamRoots":"","routes":[],\
        "slots":[],"inspection":"None","canary":""}}\
        """,
        """
        {"version":1,"bottle":{"namespace":"n","name":"b","uid":"u"},"egress":{"allow":[],\
        "privateDestinations":[{"cidr":"node","ports":[443]}],"refusedAddresses":[],\
        "upstreamRoots":"","routes":[],\
        "slots":[],"inspection":"None","canary":""}}\
        """,
        """
        {"version":1,"bottle":{"namespace":"n","name":"b","uid":"u"},"egress":{"allow":[],\
        "privateDestinations":[],"refusedAddresses":["node"],"upstreamRoots":"","routes":[],\
        "slots":[],"inspection":"None","canary":""}}\
        """,
        """
        {"version":1,"bottle":{"namespace":"n","name":"b","uid":"u"},"egress":{"allow":[],\
        "privateDestinations":[],"refusedAddresses":[],"upstreamRoots":"garbage","routes":[],\
        "slots":[],"inspection":"None","canary":""}}\
        """,
      })
  void aBrokenPolicyKeepsTheLastGoodOneAndItsHash(String document) throws IOException {
    try (World world = World.start(home);
        ControlStream control = world.control()) {
      String good = control.awaitState(DaemonState::ready).policyHash();

      world.policy(document.getBytes(StandardCharsets.UTF_8));

      assertThat(control.awaitState(state -> state.reason() != null))
          .returns("PolicyInvalid", DaemonState::reason)
          .returns(good, DaemonState::policyHash)
          .returns(true, DaemonState::ready);
      assertThat(world.guest().connect(World.HOST + ":443")).startsWith("HTTP/1.1 200 ");
      assertThat(world.guest().connect("evil.test:443")).startsWith("HTTP/1.1 403 ");

      String next = world.policy(world.allowing("other.example.org"));
      assertThat(control.awaitState(state -> state.reason() == null).policyHash()).isEqualTo(next);
    }
  }

  private static void serve(World world) {
    world
        .origin()
        .script(connection -> {
          while (!connection.head().isEmpty()) {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          }
        });
  }

  /** What one more request on this connection brings: nothing when it is closed. */
  private static String attempt(Guest guest) {
    try {
      guest.send(GET);
      return Wire.until(guest.in(), "ok");
    } catch (IOException closed) {
      return "";
    }
  }
}
