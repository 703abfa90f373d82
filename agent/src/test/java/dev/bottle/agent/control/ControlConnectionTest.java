package dev.bottle.agent.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.agent.testing.Root;
import dev.bottle.crd.control.ControlMessage;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.control.Decision;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.control.NonceSeen;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ControlConnectionTest {
  private static final String STATE =
      "{\"type\":\"state\",\"daemon\":\"egress\",\"ready\":true,\"policyHash\":\""
          + "a".repeat(64)
          + "\",\"reason\":null,\"message\":null}\n";

  private final List<ControlMessage> heard = new CopyOnWriteArrayList<>();
  private final List<String> lost = new CopyOnWriteArrayList<>();
  private final AtomicInteger failing = new AtomicInteger();
  private final List<AutoCloseable> open = new ArrayList<>();
  private Path directory;
  private Path socket;

  private final ControlListener listener =
      new ControlListener() {
        @Override
        public void heard(ControlMessage message) {
          if (failing.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new IllegalStateException("a bug");
          }
          heard.add(message);
        }

        @Override
        public void lost(String why) {
          lost.add(why);
        }
      };

  @BeforeEach
  void prepare() throws IOException {
    directory = Files.createTempDirectory(Path.of("/tmp"), "c");
    socket = directory.resolve("control.sock");
  }

  @AfterEach
  void tidyUp() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private void connect() {
    open.add(new ControlConnection(socket, Daemon.EGRESS, listener));
  }

  /** What a daemon does with each connection. */
  @FunctionalInterface
  private interface Daemonic {
    void talk(SocketChannel connection) throws IOException;
  }

  private void daemon(Path at, Daemonic behaviour) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(at));
    open.add(server);
    Thread.ofVirtual()
        .start(() -> {
          try {
            while (true) {
              SocketChannel connection = server.accept();
              Thread.ofVirtual()
                  .start(() -> {
                    try (connection) {
                      behaviour.talk(connection);
                    } catch (IOException gone) {
                      // the agent hung up
                    }
                  });
            }
          } catch (IOException closed) {
            // the end
          }
        });
  }

  private static void say(SocketChannel connection, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(UTF_8));
    while (bytes.hasRemaining()) {
      connection.write(bytes);
    }
  }

  private static void stay(SocketChannel connection) throws IOException {
    assertThat(connection.read(ByteBuffer.allocate(1))).as("the agent sends nothing").isNegative();
  }

  @Test
  void hearsEveryKindOfMessage() throws Exception {
    daemon(
        socket,
        connection -> {
          say(connection, STATE);
          say(
              connection,
              "{\"type\":\"denial\",\"daemon\":\"egress\",\"host\":\"evil.test\",\"port\":443,"
                  + "\"rule\":\"HostNotAllowed\"}\n");
          say(
              connection,
              "{\"type\":\"nonce\",\"daemon\":\"egress\",\"nonce\":\"" + "0".repeat(32) + "\"}\n");
          stay(connection);
        });
    connect();
    await().until(() -> heard.size() == 3);
    assertThat(heard.get(0)).isInstanceOf(DaemonState.class);
    assertThat(heard.get(1)).isInstanceOf(Denial.class);
    assertThat(heard.get(2)).isInstanceOf(NonceSeen.class);
    assertThat(lost).isEmpty();
  }

  @Test
  void whatIsInTheOutboxIsSaidOnEachConnectionAndThenWhatIsNew() throws Exception {
    List<String> said = new CopyOnWriteArrayList<>();
    List<SocketChannel> connections = new CopyOnWriteArrayList<>();
    daemon(
        socket,
        connection -> {
          connections.add(connection);
          say(connection, STATE);
          ByteBuffer bytes = ByteBuffer.allocate(64 * 1024);
          while (connection.read(bytes) >= 0) {
            said.addAll(UTF_8.decode(bytes.flip()).toString().lines().toList());
            bytes.clear();
          }
        });
    Outbox outbox = new Outbox();
    Decision one = new Decision("r" + "1".repeat(16), "a".repeat(64), true, "yes");
    Decision two = new Decision("r" + "2".repeat(16), "b".repeat(64), false, null);
    outbox.say(List.of(one));
    open.add(new ControlConnection(socket, Daemon.EGRESS, listener, Optional.of(outbox)));
    await().until(() -> said.equals(List.of(line(one))));

    outbox.say(List.of(one));
    outbox.say(List.of(two, one));
    await().until(() -> said.equals(List.of(line(one), line(two))));

    outbox.say(List.of(two));
    connections.getFirst().close();
    await().until(() -> said.equals(List.of(line(one), line(two), line(two))));
  }

  private static String line(Decision decision) {
    return new String(decision.toLine(), UTF_8).strip();
  }

  @Test
  void aDaemonThatDoesNotReadIsHeardAllTheSame() throws Exception {
    daemon(
        socket,
        connection -> {
          while (heard.size() < 3) {
            say(connection, STATE);
          }
          stay(connection);
        });
    Outbox outbox = new Outbox();
    outbox.say(
        IntStream.range(0, 200)
            .mapToObj(i ->
                new Decision(
                    "r%016d".formatted(i), "a".repeat(64), true, "\uD83D\uDE00".repeat(2000)))
            .toList());
    ControlConnection connection =
        new ControlConnection(socket, Daemon.EGRESS, listener, Optional.of(outbox));
    await().until(() -> heard.size() >= 3);
    connection.close();
  }

  @Test
  void aSocketThatComesLaterIsFound() throws Exception {
    connect();
    await().until(() -> !lost.isEmpty());
    daemon(
        socket,
        connection -> {
          say(connection, STATE);
          stay(connection);
        });
    await().until(() -> !heard.isEmpty());
    assertThat(lost).as("told once").hasSize(1);
  }

  @Test
  void aDaemonThatIsReplacedIsHeardAgain() throws Exception {
    daemon(socket, connection -> say(connection, STATE));
    connect();
    await().until(() -> heard.size() >= 3);
    assertThat(lost).isEmpty();
  }

  @Test
  void aDaemonThatSpeaksAndClosesIsDialledLessAndLess() throws Exception {
    AtomicInteger dialled = new AtomicInteger();
    daemon(
        socket,
        connection -> {
          dialled.incrementAndGet();
          say(connection, STATE);
        });
    connect();
    await().pollDelay(Duration.ofSeconds(3)).until(() -> true);
    assertThat(dialled.get()).as("after 0, 0.1, 0.3, 0.7, 1.5 s").isBetween(3, 6);
    assertThat(lost).isEmpty();
  }

  @Test
  void aDaemonWhoseConnectionLastedIsDialledSoon() throws Exception {
    AtomicInteger dialled = new AtomicInteger();
    daemon(
        socket,
        connection -> {
          dialled.incrementAndGet();
          say(connection, STATE);
          await().pollDelay(Duration.ofMillis(60)).until(() -> true);
        });
    open.add(
        new ControlConnection(
            socket, Daemon.EGRESS, listener, Optional.empty(), Duration.ofMillis(50)));
    await().atMost(Duration.ofSeconds(8)).until(() -> dialled.get() >= 8);
  }

  @Test
  void aDaemonThatIsGoneIsToldOnce() throws Exception {
    daemon(socket, connection -> say(connection, STATE));
    connect();
    await().until(() -> !heard.isEmpty());
    open.getFirst().close();
    Files.delete(socket);
    await().until(() -> !lost.isEmpty());
    await().during(Duration.ofMillis(500)).until(() -> lost.size() == 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "garbage\n",
        "\n",
        "null\n",
        "{\"type\":\"state\"}\n",
        "{\"type\":\"exec\",\"daemon\":\"egress\"}\n",
        "{\"type\":\"nonce\",\"daemon\":\"supervise\",\"nonce\":\"00000000000000000000000000000000\"}\n",
        "{\"type\":\"nonce\",\"daemon\":\"egress\",\"nonce\":\"short\"}\n",
        "{\"type\":\"state\",\"daemon\":\"egress\",\"ready\":true",
      })
  void nonsenseEndsTheConnectionAndIsToldInOneLine(String nonsense) throws Exception {
    AtomicInteger hungUp = new AtomicInteger();
    daemon(
        socket,
        connection -> {
          say(connection, nonsense);
          connection.shutdownOutput();
          stay(connection);
          hungUp.incrementAndGet();
        });
    connect();
    await().until(() -> hungUp.get() > 0 && !lost.isEmpty());
    assertThat(heard).isEmpty();
    assertThat(lost.getFirst()).doesNotContain("\n").hasSizeLessThan(300);
  }

  @Test
  void aLineWithoutEndIsCutOff() throws Exception {
    AtomicLong written = new AtomicLong();
    daemon(
        socket,
        connection -> {
          String chunk = "x".repeat(8192);
          while (true) {
            say(connection, chunk);
            written.addAndGet(8192);
          }
        });
    connect();
    await().until(() -> !lost.isEmpty());
    assertThat(heard).isEmpty();
    assertThat(written.get()).as("64 KiB and what the socket holds").isLessThan(8 << 20);
  }

  @Test
  void aDaemonThatNeverStopsTalkingIsHeardAtABoundedPace() throws Exception {
    daemon(
        socket,
        connection -> {
          while (true) {
            say(connection, STATE);
          }
        });
    connect();
    await().until(() -> heard.size() > 3);
    int before = heard.size();
    await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
    assertThat(heard.size() - before).isLessThan(100);
  }

  @Test
  void aLinkInPlaceOfTheSocketIsNotFollowed() throws Exception {
    AtomicInteger dialled = new AtomicInteger();
    Path other = directory.resolve("other.sock");
    daemon(
        other,
        connection -> {
          dialled.incrementAndGet();
          say(connection, STATE);
        });
    Files.createSymbolicLink(socket, other);
    connect();
    await().until(() -> !lost.isEmpty());
    await().during(Duration.ofMillis(500)).until(() -> dialled.get() == 0);
    assertThat(heard).isEmpty();
  }

  @Test
  void whatIsNoSocketIsNotOpened() throws Exception {
    Root.run("mkfifo", socket.toString());
    connect();
    await().until(() -> !lost.isEmpty());
    assertThat(lost.getFirst()).contains("is not a socket of egress");
  }

  @Test
  void anotherUsersSocketIsNotDialled() throws Exception {
    Root.required();
    AtomicInteger dialled = new AtomicInteger();
    daemon(socket, connection -> dialled.incrementAndGet());
    Files.setAttribute(socket, "unix:uid", 64002);
    connect();
    await().until(() -> !lost.isEmpty());
    assertThat(dialled).hasValue(0);
  }

  @Test
  void aListenerWithABugIsCalledAgain() throws Exception {
    failing.set(1);
    daemon(
        socket,
        connection -> {
          say(connection, STATE);
          stay(connection);
        });
    connect();
    await().until(() -> !heard.isEmpty());
  }

  @Test
  void nothingIsHeardAfterClose() throws Exception {
    List<SocketChannel> connections = new CopyOnWriteArrayList<>();
    daemon(
        socket,
        connection -> {
          connections.add(connection);
          say(connection, STATE);
          stay(connection);
        });
    connect();
    await().until(() -> heard.size() == 1);
    open.getLast().close();
    await()
        .until(() -> {
          try {
            say(connections.getFirst(), STATE);
            return false;
          } catch (IOException | UncheckedIOException hungUp) {
            return true;
          }
        });
    assertThat(heard).hasSize(1);
    assertThat(lost).isEmpty();
  }
}
