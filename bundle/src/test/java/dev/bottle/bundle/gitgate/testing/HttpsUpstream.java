package dev.bottle.bundle.gitgate.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.bottle.bundle.egress.testing.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Git's smart HTTP behind TLS and one token, on loopback. */
public final class HttpsUpstream implements AutoCloseable {
  /** What it lets in. */
  public static final String TOKEN = "https-" + "tk9Xw2Lq7Vb4Rn6Zs";

  private final TestAuthority authority;
  private final Path repositories;
  private final HttpsServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /** Starts it, for the repositories in this directory. */
  public HttpsUpstream(Path home, Path repositories) throws IOException {
    this.authority = TestAuthority.in(home);
    this.repositories = repositories;
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.setHttpsConfigurator(
        new HttpsConfigurator(
            authority.server(List.of(SshUpstream.HOST), Instant.now().plus(Duration.ofDays(1)))));
    server.setExecutor(threads);
    server.createContext("/", this::serve);
    server.start();
  }

  /** The authority that its certificate is of. */
  public String roots() {
    return authority.pem();
  }

  /** The url of a repository. */
  public String url(String name) {
    return "https://" + SshUpstream.HOST + ":" + server.getAddress().getPort() + "/" + name;
  }

  private void serve(HttpExchange exchange) throws IOException {
    String wanted =
        "Basic "
            + Base64.getEncoder()
                .encodeToString(("x-access-token:" + TOKEN).getBytes(StandardCharsets.US_ASCII));
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      if (!wanted.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=git");
        exchange.sendResponseHeaders(401, -1);
        return;
      }
      byte[] answer = backend(exchange, body);
      int end = new String(answer, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n");
      for (String line :
          new String(answer, 0, end, StandardCharsets.ISO_8859_1).split("\r\n", -1)) {
        int colon = line.indexOf(": ");
        exchange.getResponseHeaders().set(line.substring(0, colon), line.substring(colon + 2));
      }
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().write(Arrays.copyOfRange(answer, end + 4, answer.length));
    }
  }

  private byte[] backend(HttpExchange exchange, byte[] body) throws IOException {
    ProcessBuilder builder = new ProcessBuilder("git", "http-backend");
    var environment = builder.environment();
    environment.put("GIT_PROJECT_ROOT", repositories.toString());
    environment.put("GIT_HTTP_EXPORT_ALL", "1");
    environment.put("REMOTE_USER", "gate");
    environment.put("REQUEST_METHOD", exchange.getRequestMethod());
    environment.put("PATH_INFO", exchange.getRequestURI().getPath());
    String query = exchange.getRequestURI().getQuery();
    environment.put("QUERY_STRING", query == null ? "" : query);
    String type = exchange.getRequestHeaders().getFirst("Content-Type");
    environment.put("CONTENT_TYPE", type == null ? "" : type);
    String encoding = exchange.getRequestHeaders().getFirst("Content-Encoding");
    environment.put("HTTP_CONTENT_ENCODING", encoding == null ? "" : encoding);
    environment.put("CONTENT_LENGTH", Integer.toString(body.length));
    Process git = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (var in = git.getOutputStream()) {
      in.write(body);
    }
    return git.getInputStream().readAllBytes();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
