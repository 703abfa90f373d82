package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.testing.World;
import dev.bottle.bundle.egress.testing.World.ControlStream;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.control.Denial;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ControlTest {
  @TempDir private Path home;

  @Test
  void everyConnectionHearsTheStateFirst() throws IOException {
    try (World world = World.start(home)) {
      String hash = world.policy(world.allowing("other.example.org"));
      try (ControlStream early = world.control()) {
        early.awaitState(state -> hash.equals(state.policyHash()));
      }
      for (int i = 0; i < 3; i++) {
        try (ControlStream control = world.control()) {
          assertThat(control.next())
              .isEqualTo(new DaemonState("egress", true, hash, null, null, List.of()));
        }
      }
    }
  }

  @Test
  void whoDoesNotReadIsDroppedAndHoldsUpNobody() throws IOException {
    try (World world = World.start(home);
        SocketChannel deaf = SocketChannel.open(StandardProtocolFamily.UNIX);
        ControlStream control = world.control()) {
      deaf.connect(UnixDomainSocketAddress.of(world.path("control/control.sock")));
      control.next();
      String host = "x".repeat(200) + ".test";
      int denials = 6_000; // more than a socket and the buffer before it hold

      Thread.ofVirtual()
          .start(() -> {
            for (int i = 0; i < denials; i++) {
              try (var guest = world.guest()) {
                guest.connect(host + ":443");
              } catch (IOException over) {
                return;
              }
            }
          });

      for (int i = 0; i < denials; i++) {
        assertThat(control.next()).isEqualTo(new Denial("egress", host, 443, "HostNotAllowed"));
      }
      ByteBuffer unread = ByteBuffer.allocate(64 * 1024);
      long before = 0;
      for (int read = deaf.read(unread); read >= 0; read = deaf.read(unread)) {
        before += read;
        unread.clear();
      }
      assertThat(before).as("bytes until it was dropped").isLessThan(denials * 200L);
    }
  }

  @Test
  void whoTalksIsClosed() throws IOException {
    try (World world = World.start(home);
        SocketChannel talker = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      talker.connect(UnixDomainSocketAddress.of(world.path("control/control.sock")));
      talker.write(ByteBuffer.wrap("{}\n".getBytes(StandardCharsets.US_ASCII)));

      ByteBuffer said = ByteBuffer.allocate(64 * 1024);
      await().until(() -> ended(talker, said));
    }
  }

  @Test
  void hostileHostsAreMadeHarmless() throws IOException {
    try (World world = World.start(home);
        ControlStream control = world.control()) {
      control.next();
      world.guest().send("GET / HTTP/1.1\r\nHost: \u001b]0;\u0085x\u009b" + "\r\n\r\n");

      assertThat(((Denial) control.next()).host())
          .doesNotContainPattern("\\p{Cntrl}|[\\x80-\\x9f]");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /healthz, 200",
    "HEAD, /healthz, 404",
    "POST, /healthz, 404",
    "GET, /, 404",
    "GET, /healthz/, 404",
    "GET, /healthz?x, 404",
    "GET, /metrics, 404",
    "DELETE, /x, 404",
  })
  void healthAnswersOneThing(String method, String path, int status) throws Exception {
    try (World world = World.start(home);
        HttpClient client = HttpClient.newHttpClient()) {
      assertThat(health(client, world, method, path)).isEqualTo(status);
    }
  }

  @Test
  void healthIs503WithoutAPolicy() throws Exception {
    try (World world = World.startWithoutPolicy(home);
        HttpClient client = HttpClient.newHttpClient()) {
      assertThat(health(client, world, "GET", "/healthz")).isEqualTo(503);

      world.policy(world.allowing(World.HOST));
      await()
          .untilAsserted(() -> assertThat(health(client, world, "GET", "/healthz")).isEqualTo(200));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "CONNECT origin.example.org:443 HTTP/1.1",
    "GET http://origin.example.org/healthz HTTP/1.1",
    "GET https://origin.example.org/ HTTP/1.1",
  })
  void healthNeverProxies(String line) throws IOException {
    try (World world = World.start(home)) {
      InetSocketAddress health = world.health();
      try (Socket socket = new Socket(health.getAddress(), health.getPort())) {
        socket
            .getOutputStream()
            .write((line + "\r\nHost: x\r\n\r\n").getBytes(StandardCharsets.US_ASCII));

        assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
            .startsWith("HTTP/1.1 404 ");
        assertThat(world.dialled()).isEmpty();
      }
    }
  }

  private static int health(HttpClient client, World world, String method, String path)
      throws IOException, InterruptedException {
    return client
        .send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + world.health().getPort() + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(Duration.ofSeconds(10))
                .build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private static boolean ended(SocketChannel channel, ByteBuffer buffer) {
    try {
      return channel.read(buffer.clear()) < 0;
    } catch (IOException reset) {
      return true;
    }
  }
}
