package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.Wire;
import dev.bottle.bundle.egress.testing.World;
import dev.bottle.bundle.egress.testing.World.ControlStream;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.policy.AuthType;
import dev.bottle.crd.policy.OnMatch;
import dev.bottle.crd.policy.RouteAuth;
import dev.bottle.crd.policy.RoutePolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Git-gate is the only way for a push, whatever egress allows. */
class PushTest {
  private static final String SLOT = "EGRESS_TOKEN_0";
  private static final String CONTENTS = "/api/v3/repos/acme/app/contents/README";

  @TempDir private Path home;

  @SuppressWarnings("NullAway.Init")
  private World world;

  @BeforeEach
  void start() throws IOException {
    World.tokens(home, Map.of(SLOT, "sk-real-0123456789abcdef"));
    world = World.start(home);
    world
        .origin()
        .script(connection -> {
          while (!connection.head().isEmpty()) {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          }
        });
  }

  @AfterEach
  void stop() throws IOException {
    world.close();
  }

  private static RoutePolicy route(List<String> paths) {
    return new RoutePolicy(
        World.HOST,
        paths,
        List.of(),
        false,
        OnMatch.Block,
        new RouteAuth(AuthType.Bearer, null, null, SLOT));
  }

  private String answer(String method, String target) throws IOException {
    Guest guest = world.tunnel();
    guest.send(
        method
            + " "
            + target
            + " HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: 0\r\n\r\n");
    return Wire.until(guest.in(), "\r\n\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /acme/app.git/git-receive-pack",
        "GET /acme/app.git/info/refs?service=git-receive-pack"
      })
  void aPushIsRefusedAlsoWhereARouteNamesIt(String request) throws IOException {
    world.awaitPolicy(world.routing(List.of(World.HOST), route(List.of("/acme"))));
    String[] words = request.split(" ", -1);
    try (ControlStream control = world.control()) {
      control.next();
      assertThat(answer(words[0], words[1])).startsWith("HTTP/1.1 403 ");
      assertThat(control.next()).isEqualTo(new Denial("egress", World.HOST, 443, "PushNotScanned"));
    }
    assertThat(world.origin().heads()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /x|Content-Type: application/x-git-receive-pack-request",
        "GET " + CONTENTS + "|X-HTTP-Method-Override: PUT"
      })
  void aWriteIsToldByItsHeadersToo(String request) throws IOException {
    world.awaitPolicy(world.routing(List.of(World.HOST), route(List.of())));
    String[] parts = request.split("\\|", -1);
    Guest guest = world.tunnel();
    guest.send(
        parts[0]
            + " HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: 0\r\n"
            + parts[1]
            + "\r\n\r\n");
    assertThat(Wire.until(guest.in(), "\r\n\r\n")).startsWith("HTTP/1.1 403 ");
    assertThat(world.origin().heads()).isEmpty();
  }

  @Test
  void aFetchPasses() throws IOException {
    world.awaitPolicy(world.routing(List.of(World.HOST), route(List.of("/v1"))));
    assertThat(answer("GET", "/acme/app.git/info/refs?service=git-upload-pack"))
        .startsWith("HTTP/1.1 200 ");
    assertThat(answer("POST", "/acme/app.git/git-upload-pack")).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void anApiThatWritesPassesOnlyWhereARouteNamesItsPath() throws IOException {
    world.awaitPolicy(world.routing(List.of(World.HOST), route(List.of())));
    assertThat(answer("PUT", CONTENTS)).startsWith("HTTP/1.1 403 ");
    assertThat(world.origin().heads()).isEmpty();
    assertThat(answer("GET", CONTENTS)).startsWith("HTTP/1.1 200 ");

    world.awaitPolicy(
        world.routing(List.of(World.HOST), route(List.of("/api/v3/repos/acme/app/contents"))));
    assertThat(answer("PUT", CONTENTS)).startsWith("HTTP/1.1 200 ");
    assertThat(answer("PUT", "/api/v3/repos/acme/another/contents/README"))
        .startsWith("HTTP/1.1 403 ");
  }
}
