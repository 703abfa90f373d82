package dev.bottle.bundle.egress.testing;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLServerSocket;

/** A TLS server on loopback that does with each connection what the test says, byte by byte. */
public final class Origin implements Closeable {
  /** What happens on a connection after the handshake; the socket is closed when it returns. */
  @FunctionalInterface
  public interface Script {
    void run(Connection connection) throws IOException, InterruptedException;
  }

  /** One connection of the origin. */
  public record Connection(Socket socket, InputStream in, OutputStream out, Origin origin) {
    /** Reads a head, with its empty line; empty at the end of the stream. */
    public String head() throws IOException {
      String head = Wire.head(in);
      if (!head.isEmpty()) {
        origin.heads.add(head);
      }
      return head;
    }

    /** Writes and flushes. */
    public void send(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }
  }

  private final SSLServerSocket server;
  private final Queue<String> heads = new ConcurrentLinkedQueue<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private volatile Script script;

  private Origin(SSLServerSocket server, Script script) {
    this.server = server;
    this.script = script;
    Thread.ofVirtual().start(this::accept);
  }

  /** Presents a certificate of this authority for these names, valid until then. */
  public static Origin start(
      TestAuthority authority, List<String> names, Instant notAfter, Script script)
      throws IOException {
    return new Origin(
        (SSLServerSocket)
            authority
                .server(names, notAfter)
                .getServerSocketFactory()
                .createServerSocket(0, 64, InetAddress.getLoopbackAddress()),
        script);
  }

  /** The script of connections that come from now on. */
  public void script(Script next) {
    script = next;
  }

  /** Where it listens on loopback. */
  public int port() {
    return server.getLocalPort();
  }

  /** Every head that a script read. */
  public List<String> heads() {
    return List.copyOf(heads);
  }

  /** How many TCP connections came. */
  public int connections() {
    return connections.get();
  }

  /** How many of them are open. */
  public int open() {
    return open.size();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        connections.incrementAndGet();
        open.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      script.run(new Connection(socket, socket.getInputStream(), socket.getOutputStream(), this));
    } catch (IOException | InterruptedException ended) {
      // the test asserts on the other side
    } finally {
      open.remove(socket);
    }
  }

  @Override
  public void close() {
    try {
      server.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
