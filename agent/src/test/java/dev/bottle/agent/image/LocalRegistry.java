package dev.bottle.agent.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/**
 * A real registry, with a front that knows which repositories are private and can be told to
 * misbehave.
 */
final class LocalRegistry implements AutoCloseable {
  private final Process registry;
  private final String backend;
  private final Path disk;
  private final Path scratch;
  private final Path crane;
  private final HttpServer front;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, String> passwords = new ConcurrentHashMap<>();

  /** Requests as {@code GET /v2/team/agent/manifests/1}. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  /** While there, layers are sent to their half, and no further before it is opened. */
  volatile CountDownLatch stall = new CountDownLatch(0);

  /** Repositories whose blobs are missing. */
  final List<String> withoutBlobs = new CopyOnWriteArrayList<>();

  /** What it changes a byte of. The registry itself would notice a changed file. */
  volatile Optional<Part> tamperWith = Optional.empty();

  /** Something that has a digest. */
  enum Part {
    MANIFEST,
    CONFIGURATION,
    LAYER
  }

  LocalRegistry(Path temp) throws IOException, InterruptedException {
    crane = Programs.crane();
    disk = Files.createDirectories(temp.resolve("registry"));
    scratch = Files.createDirectories(temp.resolve("layers"));
    registry =
        new ProcessBuilder(
                crane.toString(),
                "registry",
                "serve",
                "--address",
                "127.0.0.1:0",
                "--disk",
                disk.toString())
            .redirectErrorStream(true)
            .start();
    backend = "127.0.0.1:" + port(registry.inputReader());
    front = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    front.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    front.createContext("/", this::serve);
    front.start();
  }

  private static String port(BufferedReader log) throws IOException {
    for (String line = log.readLine(); line != null; line = log.readLine()) {
      if (line.contains("serving on port ")) {
        Thread.ofVirtual().start(() -> log.lines().forEach(rest -> {}));
        return line.substring(line.lastIndexOf(' ') + 1);
      }
    }
    throw new IOException("the registry did not start");
  }

  /** host:port of the front. */
  String address() {
    return "127.0.0.1:" + front.getAddress().getPort();
  }

  /** A reference at the front. */
  String reference(String image) {
    return address() + "/" + image;
  }

  /** Puts an image there, past the front; returns its digest. */
  String push(String image, byte[]... layers) throws IOException, InterruptedException {
    List<String> argv = new ArrayList<>(List.of(crane.toString(), "append"));
    for (byte[] layer : layers) {
      Path file = Files.write(Files.createTempFile(scratch, "layer", ".tar"), layer);
      argv.addAll(List.of("-f", file.toString()));
    }
    String reference = backend + "/" + image;
    argv.addAll(List.of("-t", reference));
    Programs.run(Path.of("."), Map.of(), argv);
    return crane("digest", reference);
  }

  /** The same image in another repository. */
  void copy(String image, String other) throws IOException, InterruptedException {
    crane("copy", backend + "/" + image, backend + "/" + other);
  }

  private String crane(String... arguments) throws IOException, InterruptedException {
    List<String> argv = new ArrayList<>(List.of(crane.toString()));
    argv.addAll(List.of(arguments));
    return Programs.run(Path.of("."), Map.of(), argv);
  }

  /** Repositories that start so need this password of the user {@code bottle}. */
  void protect(String repository, String password) {
    passwords.put(repository, password);
  }

  /** A pull Secret for the front. */
  PullCredentials secret(String password) throws IOException {
    String auth = Base64.getEncoder().encodeToString(("bottle:" + password).getBytes(UTF_8));
    return PullCredentials.of(
        List.of(
            "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(address(), auth).getBytes(UTF_8)));
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      requests.add(exchange.getRequestMethod() + " " + path);
      if (!mayRead(path, exchange.getRequestHeaders().getFirst("Authorization"))) {
        exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"registry\"");
        exchange.sendResponseHeaders(401, -1);
        return;
      }
      if (path.contains("/blobs/")
          && withoutBlobs.stream().anyMatch(name -> path.startsWith("/v2/" + name + "/"))) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      forward(exchange, path);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean mayRead(String path, String authorization) {
    // The way of Basic registries: /v2/ itself tells that there is something to log in to.
    return passwords.entrySet().stream()
        .filter(entry ->
            path.startsWith("/v2/" + entry.getKey() + "/")
                || (path.equals("/v2/") && authorization == null))
        .allMatch(entry ->
            ("Basic "
                    + Base64.getEncoder()
                        .encodeToString(("bottle:" + entry.getValue()).getBytes(UTF_8)))
                .equals(authorization));
  }

  private void forward(HttpExchange exchange, String path)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://" + backend + path))
            .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.noBody());
    String accept = exchange.getRequestHeaders().getFirst("Accept");
    if (accept != null) {
      request.header("Accept", accept);
    }
    HttpResponse<byte[]> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    for (String header : List.of("Content-Type", "Docker-Content-Digest")) {
      response
          .headers()
          .firstValue(header)
          .ifPresent(value -> exchange.getResponseHeaders().set(header, value));
    }
    byte[] body = response.body();
    exchange.sendResponseHeaders(response.statusCode(), body.length == 0 ? -1 : body.length);
    Optional<Part> part = part(path, body);
    if (part.isPresent() && part.equals(tamperWith)) {
      body[body.length / 2] ^= 1;
    }
    int half =
        part.equals(Optional.of(Part.LAYER)) && stall.getCount() > 0
            ? body.length / 2
            : body.length;
    exchange.getResponseBody().write(body, 0, half);
    exchange.getResponseBody().flush();
    if (half < body.length) {
      stall.await();
      exchange.getResponseBody().write(body, half, body.length - half);
    }
  }

  private static Optional<Part> part(String path, byte[] body) {
    if (path.contains("/manifests/")) {
      return Optional.of(Part.MANIFEST);
    }
    return path.contains("/blobs/")
        ? Optional.of(body.length > 0 && body[0] == '{' ? Part.CONFIGURATION : Part.LAYER)
        : Optional.empty();
  }

  /** It is not there any more. */
  void stop() {
    front.stop(0);
  }

  @Override
  public void close() {
    stall.countDown();
    front.stop(0);
    client.close();
    registry.destroyForcibly().onExit().join();
  }
}
