package dev.bottle.agent.machine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.agent.gate.GateListener;
import dev.bottle.agent.gate.GateMachine;
import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.CommandRunner;
import dev.bottle.agent.host.NodePaths;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.agent.log.MachineLog;
import dev.bottle.agent.smolvm.MachineCgroups;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.agent.smolvm.SmolvmRuntime;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The door from its socket to the command that smolvm is given. */
@Timeout(60)
class DoorTest {
  private static final int OPEN = 0x01;
  private static final int STDIN = 0x02;
  private static final int TERMINATE = 0x04;
  private static final int STDOUT = 0x11;
  private static final int EXIT = 0x13;
  private static final int ERROR = 0x14;
  private static final int STOPPED = 0x15;
  private static final int LOG = 0x16;

  private final Host host = new Host();
  private final MachineLog log = MachineLog.silent();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final List<Client> clients = new ArrayList<>();
  private Path directory;
  private GateListener listener;

  @BeforeEach
  void listen() throws IOException {
    directory = Files.createTempDirectory("door"); // short: a socket's path
    NodePaths paths = new NodePaths(directory, directory, directory);
    PeopleSessions people =
        new PeopleSessions(new SmolvmRuntime(host, paths, MachineCgroups.POD, 1), "m");
    listener =
        new GateListener(
            directory.resolve("agent.sock"),
            new GateMachine() {
              @Override
              public RunningCommand open(List<String> command) throws RuntimeFailure {
                return people.open(command);
              }

              @Override
              public void held() {}

              @Override
              public MachineLog log() {
                return log;
              }

              @Override
              public CompletableFuture<Void> terminate() {
                return stopped;
              }

              @Override
              public void told() {}
            });
  }

  @AfterEach
  void close() throws IOException {
    for (Client client : clients) {
      client.close();
    }
    listener.close();
    Files.deleteIfExists(directory.resolve("agent.sock"));
    Files.delete(directory);
  }

  /** A terminal's frames are the guest's to read: the agent carries bytes. */
  @Test
  void theStreamToTheGuestIsCarriedAsItIs() throws IOException {
    Client client = exec("bottle-tool", "terminal", "--size", "80x24");
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    client.send(STDIN, bytes);
    assertThat(host.only().input(bytes.length)).isEqualTo(bytes);
    assertThat(host.only().command.argv())
        .endsWith(
            "machine",
            "exec",
            "--name",
            "m",
            "-i",
            "--",
            "bottle-tool",
            "terminal",
            "--size",
            "80x24");
    host.only().prints(bytes);
    assertThat(client.expect(STDOUT)).isEqualTo(bytes);
    host.only().ends(7);
    assertThat(new String(client.expect(EXIT), UTF_8)).isEqualTo("{\"code\":7}");
  }

  @Test
  void theFifthSessionIsToldTheLimitAndWhatToDo() throws IOException {
    for (int i = 1; i <= 4; i++) {
      int sessions = i;
      exec("sh");
      await().until(() -> host.started.size() == sessions); // so the first client's is the first
    }
    Client fifth = exec("sh");
    assertThat(new String(fifth.expect(ERROR), UTF_8))
        .contains("\"reason\":\"TooManySessions\"")
        .contains(
            "4 commands run in this machine already. Wait until one of them ends, or end one.");
    assertThat(host.started).hasSize(4);

    host.started.getFirst().ends(0);
    clients.getFirst().expect(EXIT);
    awaitAFreePlace();
  }

  @Test
  void aClientThatIsGoneEndsItsCommandAndFreesItsPlace() throws IOException {
    for (int i = 0; i < 4; i++) {
      exec("sh");
    }
    await().until(() -> host.started.size() == 4);
    for (Client client : clients) {
      client.close();
    }
    await().until(() -> host.started.stream().allMatch(run -> run.killed));
    assertThat(host.started).allSatisfy(run -> assertThat(run.input.read()).isEqualTo(-1));
    awaitAFreePlace();
  }

  /** The place is free a moment after the client has the exit code. */
  private void awaitAFreePlace() {
    await()
        .until(() -> {
          if (host.started.size() > 4) {
            return true;
          }
          exec("sh");
          return false;
        });
  }

  @Test
  void aHoldThatAsksHearsTheMachinesStoryUntilItIsStopped() throws IOException {
    log.say("pulling an image");
    Client hold = new Client();
    hold.send(OPEN, "{\"version\":1,\"kind\":\"hold\",\"logs\":true}");
    assertThat(new String(hold.expect(LOG), UTF_8))
        .isEqualTo("{\"source\":\"agent\",\"line\":\"pulling an image\"}");
    hold.send(TERMINATE, "");
    log.say("machine stopped: its Pod ends");
    assertThat(new String(hold.expect(LOG), UTF_8)).contains("machine stopped: its Pod ends");
    stopped.complete(null);
    assertThat(hold.expect(STOPPED)).isEmpty();
  }

  /** A gate image of an earlier version takes an unknown frame for an error. */
  @Test
  void aHoldThatDoesNotAskHearsNothing() throws IOException {
    log.say("pulling an image");
    Client hold = new Client();
    hold.send(OPEN, "{\"version\":1,\"kind\":\"hold\"}");
    hold.send(TERMINATE, "");
    stopped.complete(null);
    assertThat(hold.expect(STOPPED)).isEmpty();
  }

  private Client exec(String... words) throws IOException {
    Client client = new Client();
    client.send(
        OPEN,
        "{\"version\":1,\"kind\":\"exec\",\"command\":[\"" + String.join("\",\"", words) + "\"]}");
    return client;
  }

  private final class Client {
    private final SocketChannel channel =
        SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("agent.sock")));
    private final DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
    private final DataOutputStream out = new DataOutputStream(Channels.newOutputStream(channel));

    Client() throws IOException {
      clients.add(this);
    }

    void send(int type, String payload) throws IOException {
      send(type, payload.getBytes(UTF_8));
    }

    void send(int type, byte[] payload) throws IOException {
      out.writeByte(type);
      out.writeInt(payload.length);
      out.write(payload);
      out.flush();
    }

    /** The payload of the next frame, which is of this type; empty output is a pulse. */
    byte[] expect(int type) throws IOException {
      while (true) {
        int got = in.read();
        byte[] payload = in.readNBytes(in.readInt());
        if (got == STDOUT && payload.length == 0) {
          continue;
        }
        assertThat(got).as(new String(payload, UTF_8)).isEqualTo(type);
        return payload;
      }
    }

    void close() throws IOException {
      channel.close();
    }
  }

  /** Starts nothing. */
  private static final class Host implements CommandRunner {
    private final List<Run> started = new CopyOnWriteArrayList<>();

    @Override
    public CommandResult run(Command command) {
      throw new AssertionError("a person's command is started, not run to its end");
    }

    @Override
    public RunningCommand start(Command command) throws IOException {
      Run run = new Run(command);
      started.add(run);
      return run;
    }

    Run only() {
      await().until(() -> started.size() == 1);
      return started.getFirst();
    }
  }

  private static final class Run implements RunningCommand {
    private final Command command;
    private final PipedInputStream input = new PipedInputStream(1 << 16);
    private final PipedOutputStream stdin;
    private final PipedInputStream stdout = new PipedInputStream(1 << 16);
    private final PipedOutputStream shown;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile int code = 137;
    private volatile boolean killed;

    Run(Command command) throws IOException {
      this.command = command;
      this.stdin = new PipedOutputStream(input);
      this.shown = new PipedOutputStream(stdout);
    }

    byte[] input(int length) throws IOException {
      return input.readNBytes(length);
    }

    void prints(byte[] bytes) throws IOException {
      shown.write(bytes);
      shown.flush();
    }

    void ends(int exitCode) throws IOException {
      code = exitCode;
      shown.close();
      ended.countDown();
    }

    @Override
    public OutputStream stdin() {
      return stdin;
    }

    @Override
    public InputStream stdout() {
      return stdout;
    }

    @Override
    public InputStream stderr() {
      return InputStream.nullInputStream();
    }

    @Override
    public int await() throws InterruptedException {
      ended.await();
      return code;
    }

    @Override
    public void kill() {
      killed = true;
      try {
        shown.close();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      ended.countDown();
    }
  }
}
