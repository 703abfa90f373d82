package dev.bottle.system.origin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A fake of the Anthropic Messages API, as much of it as Claude Code asks for. Its model repeats
 * what it was told last: {@code Run: COMMAND} is answered with a use of the tool Bash, {@code Use:
 * TOOL JSON} with one of that tool, a tool's result with {@code It printed: …}, anything else with
 * {@code You said: …}. It uses no tool that it was not offered; one that Claude Code holds back it
 * first asks for, as the real one must.
 */
final class MessagesApi {
  private static final String MESSAGES = "/v1/messages";
  private static final String COUNT = "/v1/messages/count_tokens";
  private static final String RUN = "Run: ";
  private static final String USE = "Use: ";

  /** Claude Code's tool that brings tools which it holds back, and what it answers. */
  private static final String SEARCH = "ToolSearch";

  private static final String LOADED = "tool_reference";
  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  /** Both a whole answer and, without content and reason, the start of a streamed one. */
  private record Message(
      String id,
      String type,
      String role,
      String model,
      List<Map<String, Object>> content,
      @Nullable String stopReason,
      @Nullable String stopSequence,
      Usage usage) {
    Message(String model, List<Map<String, Object>> content, @Nullable String stopReason) {
      // Claude Code takes what has the same id for parts of one message.
      this(
          fresh("msg_"), "message", "assistant", model, content, stopReason, null, new Usage(1, 1));
    }
  }

  private record Usage(int inputTokens, int outputTokens) {}

  /**
   * What the model says: one block of content, whole and as a stream builds it.
   *
   * @param block the whole
   * @param start the block before its deltas
   */
  private record Said(
      Map<String, Object> block,
      Map<String, Object> start,
      List<Map<String, Object>> deltas,
      String stopReason) {
    static Said text(String text) {
      return new Said(
          Map.of("type", "text", "text", text),
          Map.of("type", "text", "text", ""),
          List.of(text.split("(?<= )")).stream()
              .map(word -> Map.<String, Object>of("type", "text_delta", "text", word))
              .toList(),
          "end_turn");
    }

    static Said use(String tool, Object input) throws IOException {
      Map<String, Object> use = Map.of("type", "tool_use", "id", fresh("toolu_"), "name", tool);
      return new Said(
          with(use, "input", input),
          with(use, "input", Map.of()),
          List.of(
              Map.of("type", "input_json_delta", "partial_json", JSON.writeValueAsString(input))),
          "tool_use");
    }
  }

  private MessagesApi() {}

  static boolean has(String method, String path) {
    return method.equals("POST") && Set.of(MESSAGES, COUNT).contains(path);
  }

  static void answer(HttpExchange exchange, byte[] body) throws IOException {
    JsonNode request = JSON.readTree(body);
    if (exchange.getRequestURI().getRawPath().equals(COUNT)) {
      whole(exchange, Map.of("input_tokens", body.length / 4));
      return;
    }
    Said said = say(request);
    String model = request.path("model").asText();
    if (request.path("stream").asBoolean()) {
      stream(exchange, model, said);
    } else {
      whole(exchange, new Message(model, List.of(said.block()), said.stopReason()));
    }
  }

  private static Said say(JsonNode request) throws IOException {
    JsonNode content = toldLast(request.path("messages"));
    List<String> types = content.findValuesAsText("type");
    JsonNode told = content.isArray() ? content.path(content.size() - 1) : content;
    if (types.contains(LOADED)) {
      return use(request, lastWish(request.path("messages")));
    }
    if (told.path("type").asText().equals("tool_result")) {
      return Said.text("It printed: " + text(told.path("content")));
    }
    String text = text(told);
    if (text.startsWith(RUN)) {
      return Said.use(
          "Bash", Map.of("command", text.substring(RUN.length()), "description", "Run it"));
    }
    return text.startsWith(USE) ? use(request, text) : Said.text("You said: " + text);
  }

  private static Said use(JsonNode request, String wish) throws IOException {
    String[] words = wish.substring(USE.length()).split(" ", 2);
    List<String> offered = request.path("tools").findValuesAsText("name");
    if (offered.contains(words[0])) {
      return Said.use(words[0], JSON.readTree(words[1]));
    }
    return offered.contains(SEARCH)
        ? Said.use(SEARCH, Map.of("query", "select:" + words[0], "max_results", 1))
        : Said.text("I have no tool " + words[0]);
  }

  /** Content of the user's last message; after that may come messages of the system. */
  private static JsonNode toldLast(JsonNode messages) {
    JsonNode content = MissingNode.getInstance();
    for (JsonNode message : messages) {
      if (message.path("role").asText().equals("user")) {
        content = message.path("content");
      }
    }
    return content;
  }

  private static String lastWish(JsonNode messages) {
    String wish = "";
    for (JsonNode message : messages) {
      JsonNode content = message.path("content");
      for (JsonNode block : content.isTextual() ? List.of(content) : content) {
        String text = block.isTextual() ? block.asText() : block.path("text").asText();
        wish = text.startsWith(USE) ? text : wish;
      }
    }
    return wish;
  }

  private static String fresh(String prefix) {
    return prefix + UUID.randomUUID().toString().replace("-", "");
  }

  /** Content may be a text or blocks of text. */
  private static String text(JsonNode content) {
    return content.isTextual() ? content.asText() : content.findValuesAsText("text").getFirst();
  }

  private static void stream(HttpExchange exchange, String model, Said said) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    Map<String, Object> first = Map.of("index", 0);
    event(out, "message_start", Map.of("message", new Message(model, List.of(), null)));
    event(out, "content_block_start", with(first, "content_block", said.start()));
    for (Map<String, Object> delta : said.deltas()) {
      event(out, "content_block_delta", with(first, "delta", delta));
    }
    event(out, "content_block_stop", first);
    Map<String, Object> end = Map.of("delta", Map.of("stop_reason", said.stopReason()));
    event(out, "message_delta", with(end, "usage", Map.of("output_tokens", 1)));
    event(out, "message_stop", Map.of());
  }

  private static void event(OutputStream out, String type, Map<String, Object> data)
      throws IOException {
    String json = JSON.writeValueAsString(with(data, "type", type));
    out.write(("event: " + type + "\ndata: " + json + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static void whole(HttpExchange exchange, Object answer) throws IOException {
    byte[] json = JSON.writeValueAsBytes(answer);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, json.length);
    exchange.getResponseBody().write(json);
  }

  private static Map<String, Object> with(Map<String, Object> map, String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(map);
    more.put(name, value);
    return more;
  }
}
