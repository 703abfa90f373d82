package dev.bottle.system.adversarial;

import static org.awaitility.Awaitility.await;

import dev.bottle.crd.control.ControlMessage;
import dev.bottle.crd.control.ControlReader;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.control.Finding;
import dev.bottle.crd.control.GitDenial;
import dev.bottle.crd.control.NonceSeen;
import dev.bottle.crd.control.OpenRequests;
import dev.bottle.crd.control.RequestOpen;
import dev.bottle.crd.json.MalformedDocumentException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the node agent hears from egress. */
final class ControlSocket implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final SocketChannel channel;
  private final List<Denial> denials = new CopyOnWriteArrayList<>();
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private volatile @Nullable DaemonState state;
  private volatile boolean ended;

  ControlSocket(Path socket) throws IOException {
    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual().start(this::read);
  }

  private void read() {
    ControlReader reader = new ControlReader(Channels.newInputStream(channel));
    try {
      Optional<ControlMessage> next = reader.next();
      while (next.isPresent()) {
        lines.add(next.get().toString());
        switch (next.get()) {
          case Denial denial -> denials.add(denial);
          case DaemonState now -> state = now;
          case Finding _, GitDenial _, NonceSeen _, OpenRequests _, RequestOpen _ -> {}
        }
        next = reader.next();
      }
    } catch (IOException | MalformedDocumentException ended) {
      // whoever waits for a message sees that none comes
    }
    ended = true;
  }

  /** Every denial, in order. */
  List<Denial> denials() {
    return denials;
  }

  /** Everything that was said. */
  List<String> lines() {
    return lines;
  }

  /** Waits until egress says so. */
  DaemonState awaitState(Predicate<DaemonState> condition) {
    return await().atMost(PATIENCE).until(() -> state, now -> now != null && condition.test(now));
  }

  /** Waits until egress says nothing any more: the node agent's sign that it is gone. */
  void awaitEnd() {
    await().atMost(PATIENCE).until(() -> ended);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
