package dev.bottle.agent.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.CommandRunner;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Registries, by our program {@code bottle-image} (agent/image): it alone talks to them, and it
 * alone reads what they send. Credentials go to its standard input: never into an argument, an
 * environment or a file. Its standard input stays open while it works, and when the agent dies, it
 * does too.
 */
public final class RegistrySource implements ImageSource {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration ASK = Duration.ofSeconds(60);
  private static final Duration PULL = Duration.ofMinutes(30);
  private static final List<String> INHERITED =
      List.of("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "NO_PROXY");

  private final CommandRunner runner;
  private final String program;
  private final NamedRegistries registries;
  private final ImageLimits limits;

  /**
   * Asks registries for this machine's architecture.
   *
   * @param program a path, or a name to look up
   */
  public RegistrySource(
      CommandRunner runner, String program, NamedRegistries registries, ImageLimits limits) {
    this.runner = runner;
    this.program = program;
    this.registries = registries;
    this.limits = limits;
  }

  @Override
  public ResolvedImage resolve(String reference, PullCredentials credentials)
      throws ImageFailure, InterruptedException {
    JsonNode answer = ask("resolve", ASK, reference, credentials, JSON.createObjectNode());
    ResolvedImage image =
        new ResolvedImage(
            answer.path("repository").asText(),
            answer.path("digest").asText(),
            answer.path("compressed").asLong());
    if (!image.digest().matches("sha256:[0-9a-f]{64}") || image.repository().isEmpty()) {
      throw new ImageFailure(Reason.ImageInvalid, reference + " has an unusable digest");
    }
    return image;
  }

  @Override
  public void unpack(ResolvedImage image, PullCredentials credentials, Path directory, long room)
      throws ImageFailure, InterruptedException {
    ObjectNode request = JSON.createObjectNode();
    request.put("directory", directory.toString()).put("digest", image.digest());
    request
        .putObject("limits")
        .put("compressed", limits.compressedBytes())
        .put("unpacked", limits.unpackedBytes())
        .put("entries", limits.entries())
        .put("ratio", limits.ratio())
        .put("room", room);
    ask("pull", PULL, image.pinned(), credentials, request);
  }

  private JsonNode ask(
      String verb,
      Duration deadline,
      String reference,
      PullCredentials credentials,
      ObjectNode request)
      throws ImageFailure, InterruptedException {
    NamedRegistries.Named named = registries.read();
    CountDownLatch ended = new CountDownLatch(1);
    try {
      request.put("reference", reference).put("platform", platform());
      request.set("dockerConfig", JSON.readTree(credentials.dockerConfig()));
      request.set("registries", JSON.valueToTree(named.registries()));
      byte[] line = (JSON.writeValueAsString(request) + "\n").getBytes(StandardCharsets.UTF_8);
      CommandResult result =
          runner.run(
              Command.of(deadline, environment(), List.of(program, verb))
                  .withInput(stdin -> say(line, stdin, ended)));
      return answer(reference, result, named);
    } catch (IOException e) {
      throw new ImageFailure(Reason.ImagePulling, reference + ": " + e.getMessage());
    } finally {
      ended.countDown();
    }
  }

  private static void say(byte[] line, OutputStream stdin, CountDownLatch ended)
      throws IOException {
    stdin.write(line);
    stdin.flush();
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static JsonNode answer(
      String reference, CommandResult result, NamedRegistries.Named named) throws ImageFailure {
    JsonNode answer;
    try {
      answer = JSON.readTree(result.stdout());
    } catch (JsonProcessingException e) {
      answer = JSON.missingNode();
    }
    JsonNode error = answer.path("error");
    if (result.succeeded() && answer.isObject() && error.isMissingNode()) {
      return answer;
    }
    if (!error.isObject()) {
      throw new ImageFailure(
          Reason.ImagePulling, reference + ": bottle-image: " + result.complaint());
    }
    Reason reason = reason(error.path("reason").asText());
    String message = error.path("message").asText();
    throw new ImageFailure(
        reason,
        reason == Reason.RegistryRefused && named.problem().isPresent()
            ? message + "; " + named.problem().get()
            : message);
  }

  private static Reason reason(String name) {
    return switch (name) {
      case "ImageNotFound" -> Reason.ImageNotFound;
      case "ImageInvalid" -> Reason.ImageInvalid;
      case "ImageTooLarge" -> Reason.ImageTooLarge;
      case "RegistryRefused" -> Reason.RegistryRefused;
      case "DiskFull" -> Reason.DiskFull;
      default -> Reason.ImagePulling;
    };
  }

  private static String platform() {
    return switch (System.getProperty("os.arch")) {
      case "aarch64" -> "linux/arm64";
      default -> "linux/amd64";
    };
  }

  private static Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin"));
    for (String inherited : INHERITED) {
      String value = System.getenv(inherited);
      if (value != null) {
        environment.put(inherited, value);
      }
    }
    return environment;
  }
}
