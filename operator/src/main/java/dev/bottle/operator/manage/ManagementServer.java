package dev.bottle.operator.manage;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * {@code GET /livez}, {@code /readyz}, {@code /metrics}. Liveness says only that the process
 * answers: restarting the operator mends no API server.
 */
public final class ManagementServer implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * Binds and serves at once.
   *
   * @param port 0 picks a free one
   * @param metrics in the Prometheus text format
   */
  public ManagementServer(int port, BooleanSupplier ready, Supplier<String> metrics)
      throws IOException {
    server = HttpServer.create(new InetSocketAddress(port), 0);
    // One handler for all: a context of the JDK's server serves every path that begins with it.
    server.createContext(
        "/",
        exchange -> {
          switch (exchange.getRequestURI().getPath()) {
            case "/livez" -> answer(exchange, 200, "ok\n");
            case "/readyz" -> {
              boolean isReady = ready.getAsBoolean();
              answer(exchange, isReady ? 200 : 503, isReady ? "ok\n" : "a cache is not in sync\n");
            }
            case "/metrics" -> answer(exchange, 200, metrics.get());
            default -> answer(exchange, 404, "not found\n");
          }
        });
    server.setExecutor(executor);
    server.start();
  }

  /** The port that it listens on. */
  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    executor.close();
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    try (exchange) {
      boolean isGet = "GET".equals(exchange.getRequestMethod());
      byte[] body = (isGet ? text : "GET only\n").getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      exchange.sendResponseHeaders(isGet ? status : 405, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
