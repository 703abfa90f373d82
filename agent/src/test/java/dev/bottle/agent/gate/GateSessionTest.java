package dev.bottle.agent.gate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.agent.testing.FakeCommand;
import dev.bottle.crd.condition.Reason;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real client socket against the listener and its sessions. */
@Timeout(60)
class GateSessionTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final FakeMachine machine = new FakeMachine();
  private final List<SocketChannel> clients = new ArrayList<>();
  private Path directory;
  private Path socket;
  private GateListener listener;

  private static final class FakeMachine implements GateMachine {
    private final List<List<String>> commands = new CopyOnWriteArrayList<>();
    private final FakeCommand command = new FakeCommand();
    private final CompletableFuture<Void> stopped = new CompletableFuture<>();
    private final AtomicInteger holds = new AtomicInteger();
    private final AtomicInteger terminations = new AtomicInteger();
    private final AtomicInteger told = new AtomicInteger();
    private volatile Optional<Reason> refusal = Optional.empty();

    @Override
    public RunningCommand open(List<String> argv) throws RuntimeFailure {
      commands.add(argv);
      if (refusal.isPresent()) {
        throw new RuntimeFailure(refusal.get(), "no.");
      }
      return command;
    }

    @Override
    public void held() {
      holds.incrementAndGet();
    }

    @Override
    public CompletableFuture<Void> terminate() {
      terminations.incrementAndGet();
      return stopped;
    }

    @Override
    public void told() {
      told.incrementAndGet();
    }
  }

  @BeforeEach
  void listen() throws IOException {
    directory = Files.createTempDirectory(Path.of("/tmp"), "g");
    socket = directory.resolve("agent.sock");
    listener = new GateListener(socket, machine);
  }

  @AfterEach
  void close() throws IOException {
    listener.close();
    for (SocketChannel client : clients) {
      client.close();
    }
    Files.deleteIfExists(socket);
    Files.delete(directory);
  }

  private SocketChannel connect() throws IOException {
    SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    clients.add(client);
    return client;
  }

  private static void send(SocketChannel client, Frame.Type type, byte[] payload)
      throws IOException {
    ByteBuffer bytes = new Frame(type, payload).encode();
    while (bytes.hasRemaining()) {
      client.write(bytes);
    }
  }

  private static void open(SocketChannel client, String json) throws IOException {
    send(client, Frame.Type.OPEN, json.getBytes(UTF_8));
  }

  private SocketChannel exec(String... argv) throws IOException {
    SocketChannel client = connect();
    open(
        client,
        "{\"version\":1,\"kind\":\"exec\",\"command\":" + JSON.writeValueAsString(argv) + "}");
    return client;
  }

  private static DataInputStream from(SocketChannel client) {
    return new DataInputStream(Channels.newInputStream(client));
  }

  private static JsonNode json(Frame frame) throws IOException {
    return JSON.readTree(frame.payload());
  }

  private static void assertEnded(SocketChannel client) throws IOException {
    try {
      assertThat(Frame.read(from(client))).isEmpty();
    } catch (IOException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  @Test
  void outputErrorsAndExitCodeArrive() throws Exception {
    SocketChannel client = exec("id", "-u");
    machine.command.out().write("0\n".getBytes(UTF_8));
    machine.command.err().write("careful\n".getBytes(UTF_8));
    machine.command.exit(42);

    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    DataInputStream in = from(client);
    Frame frame = Frame.read(in).orElseThrow();
    for (; frame.type() != Frame.Type.EXIT; frame = Frame.read(in).orElseThrow()) {
      (frame.type() == Frame.Type.STDOUT ? out : err).write(frame.payload());
    }
    assertThat(json(frame).path("code").asInt()).isEqualTo(42);
    assertThat(out.toString(UTF_8)).isEqualTo("0\n");
    assertThat(err.toString(UTF_8)).isEqualTo("careful\n");
    assertThat(machine.commands).containsExactly(List.of("id", "-u"));
    assertEnded(client);
    assertThat(machine.command.kills()).isPositive(); // the session is given back
  }

  @Test
  void inputReachesTheCommandToItsEnd() throws Exception {
    SocketChannel client = exec("cat");
    send(client, Frame.Type.STDIN, "one ".getBytes(UTF_8));
    send(client, Frame.Type.STDIN, "two".getBytes(UTF_8));
    send(client, Frame.Type.STDIN_END, new byte[0]);
    assertThat(new String(machine.command.typed().readAllBytes(), UTF_8)).isEqualTo("one two");
    assertThat(machine.command.ended()).isFalse();
    send(client, Frame.Type.STDIN, "late".getBytes(UTF_8)); // ignored, the command runs on
    machine.command.exit(0);
    assertThat(Frame.read(from(client)).orElseThrow().type()).isEqualTo(Frame.Type.EXIT);
  }

  @Test
  void aPersonWhoLeavesTakesTheCommandAlong() throws Exception {
    SocketChannel client = exec("sleep", "1000");
    await().until(() -> !machine.commands.isEmpty());
    client.close();
    await().until(machine.command::ended);
  }

  @Test
  void aPersonWhoLeavesWhileTheCommandReadsNothingIsNoticed() throws Exception {
    SocketChannel client = exec("sleep", "1000");
    await().until(() -> !machine.commands.isEmpty());
    client.configureBlocking(false);
    ByteBuffer chunk = new Frame(Frame.Type.STDIN, new byte[60_000]).encode();
    for (int i = 0; i < 20 && client.write(chunk.duplicate()) > 0; ) {
      i++; // until pipe and socket are full
    }
    client.close();
    await().atMost(Duration.ofSeconds(20)).until(machine.command::ended);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "7f00000000", // unknown type
        "0200010001", // too long
        "11000000016f", // an agent's frame
        "0400000000", // terminate belongs to a hold
        "01000000027b7d", // a second open
        "02000000", // an end within the header
      })
  void whatAClientMustNotSendEndsItsCommand(String frame) throws Exception {
    SocketChannel client = exec("cat");
    await().until(() -> !machine.commands.isEmpty());
    client.write(ByteBuffer.wrap(java.util.HexFormat.of().parseHex(frame)));
    if (frame.length() < 10) {
      client.shutdownOutput();
    }
    await().until(machine.command::ended);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "{}",
        "[]",
        "not json",
        "{\"version\":2,\"kind\":\"exec\",\"command\":[\"id\"]}",
        "{\"version\":1,\"kind\":\"shell\"}",
        "{\"version\":1,\"kind\":\"exec\",\"command\":\"id\"}",
      })
  void anOpenThatIsNotUnderstoodRunsNothing(String json) throws Exception {
    SocketChannel client = connect();
    open(client, json);
    assertEnded(client);
    assertThat(machine.commands).isEmpty();
    assertThat(machine.holds).hasValue(0);
  }

  @Test
  void anotherFirstFrameRunsNothing() throws Exception {
    SocketChannel client = connect();
    send(client, Frame.Type.TERMINATE, new byte[0]);
    assertEnded(client);
    assertThat(machine.terminations).hasValue(0);
  }

  @Test
  void noCommandIsAnErrorForThePerson() throws Exception {
    SocketChannel client = exec();
    Frame error = Frame.read(from(client)).orElseThrow();
    assertThat(error.type()).isEqualTo(Frame.Type.ERROR);
    assertThat(json(error).path("reason").asText()).isEqualTo("RequestMalformed");
    assertEnded(client);
  }

  @ParameterizedTest
  @ValueSource(strings = {"MachineNotRunning", "TooManySessions"})
  void aRefusalIsToldWithItsRemedy(String reason) throws Exception {
    machine.refusal = Optional.of(Reason.valueOf(reason));
    SocketChannel client = exec("id");
    Frame error = Frame.read(from(client)).orElseThrow();
    assertThat(error.type()).isEqualTo(Frame.Type.ERROR);
    assertThat(json(error).path("reason").asText()).isEqualTo(reason);
    assertThat(json(error).path("message").asText()).contains(Reason.valueOf(reason).remedy());
    assertEnded(client);
  }

  @Test
  void aHoldIsHeldAndItsEndStopsTheMachine() throws Exception {
    SocketChannel client = connect();
    open(client, "{\"version\":1,\"kind\":\"hold\",\"later\":true}");
    await().untilAtomic(machine.holds, org.hamcrest.Matchers.is(1));
    send(client, Frame.Type.TERMINATE, new byte[0]);
    await().untilAtomic(machine.terminations, org.hamcrest.Matchers.is(1));
    client.configureBlocking(false);
    assertThat(client.read(ByteBuffer.allocate(1))).as("nothing before it is stopped").isZero();
    client.configureBlocking(true);
    machine.stopped.complete(null);
    assertThat(Frame.read(from(client)).orElseThrow().type()).isEqualTo(Frame.Type.STOPPED);
  }

  @Test
  void aStopThatFailsIsNoStopped() throws Exception {
    SocketChannel client = connect();
    open(client, "{\"version\":1,\"kind\":\"hold\"}");
    send(client, Frame.Type.TERMINATE, new byte[0]);
    machine.stopped.completeExceptionally(new IllegalStateException("no"));
    assertThat(Frame.read(from(client)).orElseThrow().type()).isEqualTo(Frame.Type.ERROR);
  }

  @Test
  void aHoldThatIsCutIsNoTermination() throws Exception {
    SocketChannel client = connect();
    open(client, "{\"version\":1,\"kind\":\"hold\"}");
    await().untilAtomic(machine.holds, org.hamcrest.Matchers.is(1));
    client.close();
    SocketChannel other = connect();
    open(other, "{\"version\":1,\"kind\":\"hold\"}");
    send(other, Frame.Type.STDIN, new byte[1]);
    assertEnded(other);
    assertThat(machine.terminations).hasValue(0);
  }

  @Test
  void connectionsAreBounded() throws Exception {
    for (int i = 0; i < 32; i++) {
      SocketChannel client = connect();
      open(client, "{\"version\":1,\"kind\":\"hold\"}");
    }
    await().untilAtomic(machine.holds, org.hamcrest.Matchers.is(32));
    assertEnded(connect());
    clients.getFirst().close();
    await()
        .until(() -> {
          SocketChannel client = connect();
          try {
            open(client, "{\"version\":1,\"kind\":\"hold\"}");
          } catch (IOException refused) {
            return false;
          }
          return machine.holds.get() > 32;
        });
  }

  @Test
  void theSocketIsForEveryUserOfItsVolumeAndReplacesAnOldOne() throws Exception {
    assertThat(
            java.nio.file.attribute.PosixFilePermissions.toString(
                Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-rw-rw-");
    listener.close();
    listener = new GateListener(socket, machine);
    machine.refusal = Optional.of(Reason.MachineNotRunning);
    assertThat(Frame.read(from(exec("id"))).orElseThrow().type()).isEqualTo(Frame.Type.ERROR);
  }

  @Test
  void closingTheGateEndsItsCommands() throws Exception {
    SocketChannel client = exec("sleep", "1000");
    await().until(() -> !machine.commands.isEmpty());
    listener.close();
    await().until(machine.command::ended);
    assertEnded(client);
    assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
  }
}
