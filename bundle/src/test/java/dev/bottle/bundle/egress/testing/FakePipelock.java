package dev.bottle.bundle.egress.testing;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A CONNECT proxy that intercepts, as pipelock 2.3.0 was measured to behave: one exchange a tunnel,
 * then the connection ends without a word of it. Tests make it worse.
 */
public final class FakePipelock implements Closeable {
  /** What happens instead of the usual, with a connection whose CONNECT was read. */
  @FunctionalInterface
  public interface Mischief {
    void run(Socket connection) throws IOException, InterruptedException;
  }

  /** Judges a request's head and body; the answer of pipelock's own, or empty to let it pass. */
  @FunctionalInterface
  public interface Scanner {
    String judge(String request);
  }

  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *([0-9]+)\r\n");

  private final TestAuthority authority;
  private final TestAuthority internet;
  private final IntSupplier originPort;
  private final InetSocketAddress address;
  private final Queue<String> connects = new ConcurrentLinkedQueue<>();
  private final Queue<String> requests = new ConcurrentLinkedQueue<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile ServerSocket server;
  private volatile @Nullable Mischief mischief;
  private volatile Scanner scanner = request -> "";
  private volatile String health = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

  /**
   * Listens on loopback.
   *
   * @param authority in whose name it forges
   * @param internet whom it trusts
   * @param originPort where it dials, whatever was asked for
   */
  FakePipelock(TestAuthority authority, TestAuthority internet, IntSupplier originPort)
      throws IOException {
    this.authority = authority;
    this.internet = internet;
    this.originPort = originPort;
    this.server = listen(0);
    this.address = (InetSocketAddress) server.getLocalSocketAddress();
  }

  /** Where it proxies. */
  public InetSocketAddress address() {
    return address;
  }

  /** Its authority's certificate. */
  public Path certificate() {
    return authority.directory().resolve("ca.pem");
  }

  /** Every CONNECT that it was asked. */
  public List<String> connects() {
    return List.copyOf(connects);
  }

  /** Every request that it saw in a tunnel, with its body. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** From now on it does this instead of answering a CONNECT. */
  public void misbehave(Mischief next) {
    mischief = next;
  }

  /** From now on it asks this of each request. */
  public void scan(Scanner next) {
    scanner = next;
  }

  /** From now on it answers this when asked for its health. */
  public void health(String answer) {
    health = answer;
  }

  /** It is gone: nobody listens, every connection ends. */
  public void die() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }

  /** It is back. */
  public void revive() throws IOException {
    server = listen(address.getPort());
  }

  /** What 2.3.0 answers by net/http's Error. */
  public static String refusal(int status, String text) {
    return "HTTP/1.1 "
        + status
        + " X\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
        + "Content-Length: "
        + (text.length() + 1)
        + "\r\n\r\n"
        + text
        + "\n";
  }

  private ServerSocket listen(int port) throws IOException {
    ServerSocket listening = new ServerSocket();
    listening.setReuseAddress(true);
    listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    Thread.ofVirtual().start(() -> accept(listening));
    return listening;
  }

  private void accept(ServerSocket listening) {
    while (!listening.isClosed()) {
      try {
        Socket socket = listening.accept();
        open.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      String head = Wire.head(socket.getInputStream());
      if (head.startsWith("GET /health ")) {
        send(socket.getOutputStream(), health);
        return;
      }
      connects.add(head);
      Mischief now = mischief;
      if (now != null) {
        now.run(socket);
        return;
      }
      send(socket.getOutputStream(), "HTTP/1.1 200 Connection Established\r\n\r\n");
      intercept(socket, head.substring("CONNECT ".length(), head.indexOf(':')));
    } catch (IOException | InterruptedException ended) {
      // the test asserts on the other side
    } finally {
      open.remove(socket);
    }
  }

  /** One exchange in a tunnel that was confirmed, with a certificate for this host. */
  public void intercept(Socket socket, String host) throws IOException {
    Socket tls =
        authority
            .server(List.of(host), Instant.now().plus(Duration.ofDays(1)))
            .getSocketFactory()
            .createSocket(socket, null, socket.getPort(), false);
    ((SSLSocket) tls).setUseClientMode(false);
    String request = message(tls.getInputStream());
    requests.add(request);
    String refusal = scanner.judge(request);
    if (!refusal.isEmpty()) {
      send(tls.getOutputStream(), refusal);
    } else {
      try (Socket origin =
          internet
              .client()
              .getSocketFactory()
              .createSocket(InetAddress.getLoopbackAddress(), originPort.getAsInt())) {
        send(origin.getOutputStream(), request);
        send(tls.getOutputStream(), message(origin.getInputStream()));
      }
    }
    tls.close();
  }

  /** It does not look: the guest's side gets the origin's own TLS. */
  public void handThrough(Socket socket) throws IOException {
    try (Socket origin = new Socket(InetAddress.getLoopbackAddress(), originPort.getAsInt())) {
      Thread.ofVirtual().start(() -> pump(origin, socket));
      socket.getInputStream().transferTo(origin.getOutputStream());
    }
  }

  private static void pump(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException ended) {
      // the other direction notices, too
    }
  }

  /** A head and as much of a body as it says. */
  private static String message(InputStream in) throws IOException {
    String head = Wire.head(in);
    Matcher length = LENGTH.matcher(head);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    if (length.find()) {
      body.write(in.readNBytes(Integer.parseInt(length.group(1))));
    }
    return head + body.toString(StandardCharsets.ISO_8859_1);
  }

  private static void send(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  @Override
  public void close() {
    try {
      die();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
