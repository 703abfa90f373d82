package dev.bottle.system.origin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.bottle.crd.json.StrictJson;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * An HTTPS origin: answers every request with {@code hello}, those to a path that ends with {@code
 * /echo} with what it got as JSON, those to the {@link MessagesApi} as that does, and writes what
 * it got as a line of JSON to standard output, so that a test can tell what reached it. Its first
 * line is {@code ready}.
 */
@Command(
    name = "origin",
    description = "An HTTPS server for demo and tests; writes down each request.",
    mixinStandardHelpOptions = true)
public final class OriginMain implements Callable<Integer> {
  /**
   * One request as it reached the origin.
   *
   * @param headers names in lower case
   * @param body the text of a JSON body, null of any other
   */
  private record Request(
      String method,
      @Nullable String host,
      String path,
      Map<String, List<String>> headers,
      @Nullable String body) {}

  @Option(
      names = "--listen",
      required = true,
      paramLabel = "ADDRESS:PORT",
      converter = AddressConverter.class)
  @Nullable InetSocketAddress listen;

  @Option(
      names = "--certificate-directory",
      required = true,
      description = "where ca.pem is written: the authority that a client must trust")
  @Nullable Path certificateDirectory;

  @Option(names = "--name", required = true, description = "a DNS name of this origin; repeatable")
  List<String> names = List.of();

  /** Runs until it is stopped. */
  public static void main(String[] arguments) {
    int status = new CommandLine(new OriginMain()).execute(arguments);
    if (status != 0) {
      System.exit(status);
    }
  }

  @Override
  public Integer call() throws IOException {
    if (listen == null || certificateDirectory == null) {
      throw new IllegalStateException("picocli requires both options");
    }
    OriginCertificate certificate = OriginCertificate.forNames(names);
    HttpsServer server = HttpsServer.create(listen, 0);
    server.setHttpsConfigurator(new HttpsConfigurator(certificate.tls()));
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", OriginMain::answer);
    Files.createDirectories(certificateDirectory);
    Files.writeString(certificateDirectory.resolve("ca.pem"), certificate.authority());
    server.start();
    System.out.println("ready");
    return 0;
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] received = exchange.getRequestBody().readAllBytes();
      Map<String, List<String>> headers = new TreeMap<>();
      exchange
          .getRequestHeaders()
          .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values));
      Request request =
          new Request(
              exchange.getRequestMethod(),
              exchange.getRequestHeaders().getFirst("Host"),
              exchange.getRequestURI().getRawPath(),
              headers,
              headers.getOrDefault("content-type", List.of()).contains("application/json")
                  ? new String(received, StandardCharsets.UTF_8)
                  : null);
      byte[] json = StrictJson.write(request);
      System.out.println(new String(json, StandardCharsets.UTF_8));
      if (MessagesApi.has(request.method(), request.path())) {
        MessagesApi.answer(exchange, received);
        return;
      }
      byte[] body =
          request.path().endsWith("/echo")
              ? json
              : ("hello from " + request.host() + "\n").getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  /** Reads {@code ADDRESS:PORT}. */
  private static final class AddressConverter implements ITypeConverter<InetSocketAddress> {
    @Override
    public InetSocketAddress convert(String value) {
      int colon = value.lastIndexOf(':');
      try {
        return new InetSocketAddress(
            value.substring(0, Math.max(colon, 0)), Integer.parseInt(value.substring(colon + 1)));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException("'" + value + "' is not ADDRESS:PORT");
      }
    }
  }
}
