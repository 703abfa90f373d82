package dev.bottle.system.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bottle.crd.names.Names;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One process of Claude Code in the guest, over as many turns as a test takes: it reads what it is
 * told, and says what it does, as lines of JSON ({@code --input-format stream-json}).
 */
final class ClaudeSession implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String LAST = "";

  private final Process process;
  private final Path errors;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<JsonNode> said = new ArrayList<>();

  /**
   * Starts it; it says nothing before the first turn.
   *
   * @param tools which it may use without asking, as {@code --allowedTools} takes them
   */
  ClaudeSession(LocalCluster cluster, String bottle, String tools) throws IOException {
    errors = Files.createTempFile("bottle-claude-", ".err");
    process =
        cluster
            .start(
                List.of(
                    "kubectl",
                    "--namespace",
                    cluster.namespace(),
                    "exec",
                    "-i",
                    Names.pod(bottle),
                    "-c",
                    "gate",
                    "--",
                    "bottle",
                    "bottle-claude",
                    "-p",
                    "--input-format",
                    "stream-json",
                    "--output-format",
                    "stream-json",
                    "--verbose",
                    "--allowedTools",
                    tools))
            .redirectError(errors.toFile())
            .start();
    Thread.ofVirtual().start(this::read);
  }

  private void read() {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      output.lines().filter(line -> line.startsWith("{")).forEach(lines::add);
    } catch (IOException e) {
      // Its end is what the next turn reports.
    } finally {
      lines.add(LAST);
    }
  }

  /** One turn: what it says at its end. */
  String told(String text) throws IOException, InterruptedException {
    Map<String, Object> message = Map.of("role", "user", "content", text);
    Writer input = process.outputWriter(StandardCharsets.UTF_8);
    input.write(JSON.writeValueAsString(Map.of("type", "user", "message", message)) + "\n");
    input.flush();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      @Nullable String line = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (line == null || line.equals(LAST)) {
        throw new AssertionError(
            (line == null ? "no answer to: " : "it ended at: ")
                + text
                + "\n"
                + said
                + "\n"
                + Files.readString(errors));
      }
      JsonNode event = JSON.readTree(line);
      said.add(event);
      if (event.path("type").asText().equals("result")) {
        return event.path("result").asText();
      }
    }
  }

  /** What it says about itself when a turn begins: its tools and MCP servers among other things. */
  JsonNode introduction() {
    return said.stream()
        .filter(event -> event.path("subtype").asText().equals("init"))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no introduction in " + said));
  }

  /** Whether it is the process that was started. */
  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    Files.delete(errors);
  }
}
