package dev.bottle.bundle.supervise;

import static org.awaitility.Awaitility.await;

import dev.bottle.crd.control.ControlMessage;
import dev.bottle.crd.control.Decision;
import dev.bottle.crd.control.OpenRequests;
import dev.bottle.crd.control.RequestOpen;
import dev.bottle.crd.json.MalformedDocumentException;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The node agent's end of a control connection. */
final class ControlClient implements Closeable {
  private final SocketChannel channel;
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private volatile boolean ended;

  ControlClient(Path socket) throws IOException {
    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual().start(this::listen);
  }

  private void listen() {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    try (InputStream in = Channels.newInputStream(channel)) {
      for (int next = in.read(); next >= 0; next = in.read()) {
        if (next == '\n') {
          lines.add(line.toString(StandardCharsets.UTF_8));
          line.reset();
        } else {
          line.write(next);
        }
      }
    } catch (IOException closed) {
      // the end
    }
    ended = true;
  }

  /** As they came. */
  List<String> lines() {
    return List.copyOf(lines);
  }

  List<ControlMessage> messages() {
    return lines.stream().map(ControlClient::parse).toList();
  }

  private static ControlMessage parse(String line) {
    try {
      return ControlMessage.parse(line.getBytes(StandardCharsets.UTF_8));
    } catch (MalformedDocumentException e) {
      throw new AssertionError(line, e);
    }
  }

  RequestOpen open(String id) {
    return messages().stream()
        .filter(RequestOpen.class::isInstance)
        .map(RequestOpen.class::cast)
        .filter(request -> request.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  /** Waits until exactly these are said to be open. */
  ControlClient awaitOpen(String... ids) {
    OpenRequests all = new OpenRequests(Supervise.DAEMON, List.of(ids));
    await().until(() -> !lines.isEmpty() && messages().getLast().equals(all));
    return this;
  }

  boolean hasEnded() {
    return ended;
  }

  void say(String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  void decide(Decision decision) throws IOException {
    say(new String(decision.toLine(), StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
