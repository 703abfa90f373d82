package dev.bottle.system.endtoend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * The tools of a supervised Bottle as its agent calls them: from the guest, over the relay, without
 * the proxy (Model Context Protocol 2025-11-25, tools/call).
 */
record GuestTools(LocalCluster cluster, String bottle) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Where the guest finds them. */
  static final String URL = "http://127.0.0.1:9100/mcp";

  /** What the tool answered: {@code structuredContent}, or {@code isError} and a text. */
  JsonNode call(String tool, Map<String, ?> arguments) throws JsonProcessingException {
    String answer =
        cluster
            .guest(
                bottle,
                "curl",
                "-sS",
                "--max-time",
                "10",
                URL,
                "-H",
                "Content-Type: application/json",
                "-d",
                body(tool, arguments))
            .orThrow();
    return JSON.readTree(answer).path("result");
  }

  /** The same as the body of a request. */
  static String body(String tool, Map<String, ?> arguments) {
    ObjectNode body = JSON.createObjectNode().put("jsonrpc", "2.0").put("id", 1);
    body.put("method", "tools/call")
        .putObject("params")
        .put("name", tool)
        .set("arguments", JSON.valueToTree(arguments));
    return body.toString();
  }

  /** The id of the request that it made. */
  String asked(String tool, Map<String, ?> arguments) throws JsonProcessingException {
    JsonNode answer = call(tool, arguments);
    JsonNode made = answer.path("structuredContent");
    if (!made.path("state").asText().equals("pending")) {
      throw new AssertionError(answer.toString());
    }
    return made.path("id").asText();
  }

  /** State and note of this request, as the agent is told. */
  JsonNode check(String id) throws JsonProcessingException {
    return call("check_request", Map.of("id", id)).path("structuredContent");
  }
}
