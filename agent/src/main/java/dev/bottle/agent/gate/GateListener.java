package dev.bottle.agent.gate;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on {@code agent.sock} in one Pod's gate volume. Only root writes in that volume, and who
 * may connect was decided by Kubernetes: it takes {@code pods/exec} on the Pod.
 */
public final class GateListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GateListener.class);
  private static final int MAX_CONNECTIONS = 32;
  private static final Duration AFTER_FAILURE = Duration.ofMillis(100);

  private final ServerSocketChannel server;
  private final GateMachine machine;
  private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();

  /** Binds, replacing what an earlier agent left, and accepts at once. */
  public GateListener(Path socket, GateMachine machine) throws IOException {
    this.machine = machine;
    Files.deleteIfExists(socket);
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(socket));
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
    } catch (IOException e) {
      server.close();
      throw e;
    }
    Thread.ofVirtual().name("gate-accept").start(this::accept);
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel connection = server.accept();
        if (connections.size() >= MAX_CONNECTIONS) {
          connection.close();
          continue;
        }
        connections.add(connection);
        Thread.ofVirtual().name("gate-session").start(() -> serve(connection));
      } catch (IOException e) {
        // Closed, or for a moment without descriptors: a gate must not go deaf for that.
        LOG.atDebug().setCause(e).log("gate accepts nothing");
        LockSupport.parkNanos(AFTER_FAILURE.toNanos());
      }
    }
  }

  private void serve(SocketChannel connection) {
    try (connection) {
      new GateSession(connection, machine).run();
    } catch (IOException e) {
      LOG.atDebug().setCause(e).log("gate connection ended");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      connections.remove(connection);
    }
  }

  /** Ends every connection; commands of theirs are killed. */
  @Override
  public void close() throws IOException {
    server.close();
    for (SocketChannel connection : connections) {
      connection.close();
    }
  }
}
