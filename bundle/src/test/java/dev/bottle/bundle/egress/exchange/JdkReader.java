package dev.bottle.bundle.egress.exchange;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

/** Reads with the JDK's own server, which shares nothing with Netty. */
final class JdkReader implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 10_000;

  /**
   * What the JDK takes for a part of the method, and Netty does not: what it skips before the line,
   * and white space that it takes for the end of a word (RFC 9112, sections 2.2 and 3). A method
   * goes on as egress read it.
   */
  private static final Pattern AROUND_THE_METHOD =
      Pattern.compile("^[\\x00-\\x20\\x7f]+|[\\x09\\x0b-\\x0d]+$");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<Integer, List<Reading.Request>> byPort = new ConcurrentHashMap<>();

  JdkReader() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body =
          new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1);
      byPort
          .computeIfAbsent(exchange.getRemoteAddress().getPort(), _ -> new CopyOnWriteArrayList<>())
          .add(
              new Reading.Request(
                  AROUND_THE_METHOD.matcher(exchange.getRequestMethod()).replaceAll(""),
                  exchange.getRequestURI().toString(),
                  String.join(",", exchange.getRequestHeaders().getOrDefault("Host", List.of())),
                  body));
      exchange.sendResponseHeaders(200, -1);
    }
  }

  /** One connection that ends after these bytes. */
  Reading read(String bytes) {
    try (Socket socket =
        new Socket(server.getAddress().getAddress(), server.getAddress().getPort())) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      socket.shutdownOutput();
      String answers = answers(socket);
      List<Reading.Request> requests = byPort.remove(socket.getLocalPort());
      return new Reading(
          requests == null ? List.of() : List.copyOf(requests),
          answers.contains("HTTP/1.1 4") || answers.contains("HTTP/1.1 5"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String answers(Socket socket) throws IOException {
    StringBuilder answers = new StringBuilder();
    try {
      byte[] buffer = new byte[4096];
      for (int n = socket.getInputStream().read(buffer);
          n >= 0;
          n = socket.getInputStream().read(buffer)) {
        answers.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
      }
    } catch (SocketException reset) {
      // it had bytes left when it closed; what it answered before is here
    }
    return answers.toString();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
