package dev.bottle.agent.gate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.agent.log.MachineLog;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.crd.condition.Reason;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/** One connection of the gate client, to its end. */
final class GateSession {
  /** Below the Pod's grace period of 60 s. */
  private static final int STOP_SECONDS = 55;

  private static final Duration PULSE = Duration.ofSeconds(5);

  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private final SocketChannel channel;
  private final GateMachine machine;
  private final DataInputStream in;
  private final ReentrantLock writing = new ReentrantLock();

  GateSession(SocketChannel channel, GateMachine machine) {
    this.channel = channel;
    this.machine = machine;
    this.in = new DataInputStream(Channels.newInputStream(channel));
  }

  void run() throws IOException, InterruptedException {
    Optional<Frame> first = Frame.read(in);
    if (first.isEmpty()) {
      return;
    }
    OpenRequest request = parse(first.get());
    switch (request.kind()) {
      case EXEC -> exec(request);
      case HOLD -> hold(request.wantsLogs());
    }
  }

  private static OpenRequest parse(Frame frame) throws IOException {
    if (frame.type() != Frame.Type.OPEN) {
      throw new IOException("the first frame is not open");
    }
    OpenRequest request;
    try {
      request = JSON.readValue(frame.payload(), OpenRequest.class);
    } catch (JsonProcessingException e) {
      throw new IOException("the open frame is not understood: " + e.getOriginalMessage());
    }
    if (request == null || request.kind() == null || request.version() != 1) {
      throw new IOException("the open frame is not of version 1");
    }
    return request;
  }

  private void hold(boolean logs) throws IOException, InterruptedException {
    machine.held();
    if (!logs) {
      awaitEnd();
      return;
    }
    Thread teller = Thread.ofVirtual().name("gate-log").start(this::tell);
    try {
      awaitEnd();
    } finally {
      teller.interrupt();
    }
  }

  /** Only this thread waits for a client that reads slowly; the log drops what it cannot hold. */
  private void tell() {
    MachineLog log = machine.log();
    try {
      while (true) {
        send(new Frame(Frame.Type.LOG, JSON.writeValueAsBytes(log.next())));
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    } catch (IOException gone) {
      // the reading side sees it too
    }
  }

  private void awaitEnd() throws IOException, InterruptedException {
    Optional<Frame> frame = Frame.read(in);
    if (frame.isEmpty()) {
      return;
    }
    if (frame.get().type() != Frame.Type.TERMINATE) {
      throw new IOException("a hold connection sends only terminate");
    }
    try {
      machine.terminate().get(STOP_SECONDS, TimeUnit.SECONDS);
      send(new Frame(Frame.Type.STOPPED, new byte[0]));
    } catch (TimeoutException | ExecutionException e) {
      fail(Reason.MachineUnreachable, "the machine did not stop within the grace period");
    }
    machine.told();
  }

  private void exec(OpenRequest request) throws IOException, InterruptedException {
    if (request.command() == null || request.command().isEmpty()) {
      fail(Reason.RequestMalformed, "there is no command to run");
      return;
    }
    RunningCommand command;
    try {
      command = machine.open(request.command());
    } catch (RuntimeFailure e) {
      fail(e.reason(), String.valueOf(e.getMessage()));
      return;
    }
    Thread pulse = Thread.ofVirtual().name("gate-pulse").start(() -> feelPulse(command));
    try {
      Thread input = Thread.ofVirtual().name("gate-stdin").start(() -> copyInput(command));
      Thread stdout = pump(command.stdout(), Frame.Type.STDOUT, command);
      Thread stderr = pump(command.stderr(), Frame.Type.STDERR, command);
      int code = command.await();
      stdout.join();
      stderr.join();
      send(new Frame(Frame.Type.EXIT, JSON.writeValueAsBytes(Map.of("code", code))));
      input.interrupt();
    } finally {
      pulse.interrupt();
      command.kill();
    }
  }

  /**
   * A command that reads no input keeps us from seeing the end of the client's stream, and would
   * hold one of the few sessions for a person who has left: an empty frame finds that out.
   */
  private void feelPulse(RunningCommand command) {
    try {
      while (true) {
        Thread.sleep(PULSE);
        send(new Frame(Frame.Type.STDOUT, new byte[0]));
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    } catch (IOException gone) {
      kill(command);
    }
  }

  /** The end of the client's stream without an exit of ours means that the person is gone. */
  private void copyInput(RunningCommand command) {
    try (OutputStream stdin = command.stdin()) {
      boolean open = true;
      for (Optional<Frame> frame = Frame.read(in); frame.isPresent(); frame = Frame.read(in)) {
        switch (frame.get().type()) {
          case STDIN -> {
            if (open) {
              open = offer(stdin, frame.get().payload());
            }
          }
          case STDIN_END -> {
            open = false;
            command.stdin().close();
          }
          case OPEN, TERMINATE, STDOUT, STDERR, EXIT, ERROR, STOPPED, LOG ->
              throw new IOException("an exec connection sends only input");
        }
      }
    } catch (IOException gone) {
      // killed below
    }
    kill(command);
  }

  /** A command that does not read its input is no reason to end it. */
  private static boolean offer(OutputStream stdin, byte[] bytes) {
    try {
      stdin.write(bytes);
      stdin.flush();
      return true;
    } catch (IOException closed) {
      return false;
    }
  }

  private Thread pump(InputStream stream, Frame.Type type, RunningCommand command) {
    return Thread.ofVirtual()
        .name("gate-" + type)
        .start(() -> {
          byte[] buffer = new byte[Frame.MAX_PAYLOAD_BYTES];
          try (stream) {
            for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
              send(new Frame(type, Arrays.copyOf(buffer, count)));
            }
          } catch (IOException gone) {
            kill(command);
          }
        });
  }

  private static void kill(RunningCommand command) {
    try {
      command.kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void fail(Reason reason, String message) throws IOException {
    Map<String, String> error =
        Map.of("reason", reason.name(), "message", message + " " + reason.remedy());
    send(new Frame(Frame.Type.ERROR, JSON.writeValueAsBytes(error)));
  }

  private void send(Frame frame) throws IOException {
    writing.lock();
    try {
      ByteBuffer buffer = frame.encode();
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    } finally {
      writing.unlock();
    }
  }
}
