package dev.bottle.system.endtoend;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An HTTPS origin on an address of this machine that is no node address, under names of the
 * cluster's DNS, named in the admin ConfigMap as the only private destination. It writes down every
 * request that reaches it.
 */
final class OriginProcess implements AutoCloseable {
  static final String ADDRESS = "10.98.1.1";
  static final String ALLOWED = "origin.bottle.test";
  static final String FORBIDDEN = "forbidden.bottle.test";

  /** Not allowed either, until somebody is asked. */
  static final String ASKED = "files.bottle.test";

  private static final List<String> NAMES = List.of(ALLOWED, FORBIDDEN, ASKED);

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<Map<String, List<String>>> HEADERS = new TypeReference<>() {};

  private final Process process;
  private final Path requests;

  OriginProcess(LocalCluster cluster) throws IOException {
    Path directory = Files.createTempDirectory("bottle-origin-");
    requests = directory.resolve("requests.jsonl");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.bottle.system.origin.OriginMain",
                "--listen",
                ADDRESS + ":443",
                "--certificate-directory",
                directory.toString()));
    NAMES.forEach(name -> command.addAll(List.of("--name", name)));
    process =
        new ProcessBuilder(command)
            .redirectOutput(requests.toFile())
            .redirectError(directory.resolve("errors.log").toFile())
            .start();
    LocalCluster.await().until(() -> Files.readString(requests).contains("ready"));
    for (String name : NAMES) {
      cluster.host("deploy/local/add-host", name, ADDRESS).orThrow();
    }
    name(cluster, Files.readString(directory.resolve("ca.pem")));
  }

  /** How many requests to this path reached the origin. */
  long requestsTo(String path) throws IOException {
    try (Stream<String> lines = Files.lines(requests)) {
      return lines.filter(line -> line.contains("\"" + path + "\"")).count();
    }
  }

  /** The headers of the last request to this path, names in lower case. */
  Map<String, List<String>> headersOf(String path) throws IOException {
    List<JsonNode> all = requests(path);
    if (all.isEmpty()) {
      throw new AssertionError("no request to " + path);
    }
    return JSON.convertValue(all.getLast().path("headers"), HEADERS);
  }

  /** The requests to this path as the origin wrote them down. */
  List<JsonNode> requests(String path) throws IOException {
    List<JsonNode> all = new ArrayList<>();
    for (String line : Files.readAllLines(requests)) {
      if (line.contains("\"path\":\"" + path + "\"")) {
        all.add(JSON.readTree(line));
      }
    }
    return all;
  }

  private static void name(LocalCluster cluster, String certificate) {
    String config =
        """
        privateDestinations:
          - cidr: %s/32
            ports: [443]
        upstreamRoots: |
        %s
        """
            .formatted(ADDRESS, certificate.indent(2).stripTrailing());
    cluster.adminConfig(config);
  }

  @Override
  public void close() {
    process.destroy();
  }
}
