package dev.bottle.bundle.supervise.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers one JSON-RPC 2.0 message of the Model Context Protocol, version 2025-11-25 or 2025-06-18.
 * Keeps nothing between two: no session, no stream, no request of its own. A client that begins
 * with a method of a later version gets "method not found" and falls back to {@code initialize}.
 */
public final class McpServer {
  /** The versions that are spoken, the newest first. */
  public static final List<String> VERSIONS = List.of("2025-11-25", "2025-06-18");

  private static final Logger LOG = LoggerFactory.getLogger(McpServer.class);
  private static final int PARSE_ERROR = -32700;
  private static final int INVALID_REQUEST = -32600;
  private static final int METHOD_NOT_FOUND = -32601;
  private static final int INVALID_PARAMS = -32602;
  private static final int INTERNAL_ERROR = -32603;
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private static final String INSTRUCTIONS =
      "You are in a sandbox. When a host or a repository is refused, ask for it here: a person"
          + " decides, and what they allow works in this session. Never ask for a credential.";

  private final Tools tools;

  /** A server of these tools. */
  public McpServer(Tools tools) {
    this.tools = tools;
  }

  /** What is said to a body that is no JSON. */
  public static JsonNode parseError() {
    return error(JSON.nullNode(), PARSE_ERROR, "not JSON");
  }

  /** The answer; empty to a notification or to an answer. */
  public Optional<JsonNode> answer(JsonNode message) {
    if (!message.isObject() || !message.path("jsonrpc").asText("").equals("2.0")) {
      return Optional.of(
          error(JSON.nullNode(), INVALID_REQUEST, "one JSON-RPC 2.0 message at a time"));
    }
    JsonNode id = message.path("id");
    if (!message.path("method").isTextual()) {
      return message.has("result") || message.has("error")
          ? Optional.empty()
          : Optional.of(error(known(id), INVALID_REQUEST, "method is missing"));
    }
    if (id.isMissingNode()) {
      return Optional.empty();
    }
    if (!id.isTextual() && !id.isIntegralNumber()) {
      return Optional.of(error(JSON.nullNode(), INVALID_REQUEST, "id is neither text nor integer"));
    }
    JsonNode params = message.path("params");
    return Optional.of(
        switch (message.path("method").asText()) {
          case "initialize" -> result(id, initialize(params));
          case "ping" -> result(id, JSON.objectNode());
          case "tools/list" -> result(id, JSON.objectNode().set("tools", tools.list()));
          case "tools/call" -> call(id, params);
          default -> error(id, METHOD_NOT_FOUND, "there is no such method");
        });
  }

  private static JsonNode initialize(JsonNode params) {
    String asked = params.path("protocolVersion").asText("");
    ObjectNode result = JSON.objectNode();
    result.put("protocolVersion", VERSIONS.contains(asked) ? asked : VERSIONS.getFirst());
    result.putObject("capabilities").putObject("tools");
    result.putObject("serverInfo").put("name", "bottle").put("version", "1");
    return result.put("instructions", INSTRUCTIONS);
  }

  private JsonNode call(JsonNode id, JsonNode params) {
    String name = params.path("name").asText("");
    JsonNode arguments = params.path("arguments");
    if (!tools.has(name)) {
      return error(id, INVALID_PARAMS, "there is no such tool");
    }
    if (!arguments.isObject() && !arguments.isMissingNode()) {
      return error(id, INVALID_PARAMS, "arguments is no object");
    }
    ObjectNode result = JSON.objectNode();
    try {
      JsonNode content =
          tools.call(name, arguments.isMissingNode() ? JSON.objectNode() : arguments);
      text(result, content.toString());
      result.set("structuredContent", content);
      result.put("isError", false);
    } catch (ToolException e) {
      text(result, String.valueOf(e.getMessage()));
      result.put("isError", true);
    } catch (RuntimeException e) {
      // Not its message: it may be the agent's own words.
      LOG.error("{} failed: {} at {}", name, e.getClass().getName(), e.getStackTrace()[0]);
      return error(id, INTERNAL_ERROR, "the tool failed");
    }
    return result(id, result);
  }

  private static void text(ObjectNode result, String text) {
    result.putArray("content").addObject().put("type", "text").put("text", text);
  }

  private static JsonNode known(JsonNode id) {
    return id.isTextual() || id.isIntegralNumber() ? id : JSON.nullNode();
  }

  private static JsonNode result(JsonNode id, JsonNode result) {
    ObjectNode answer = JSON.objectNode().put("jsonrpc", "2.0");
    answer.set("id", id);
    return answer.set("result", result);
  }

  private static JsonNode error(JsonNode id, int code, String message) {
    ObjectNode answer = JSON.objectNode().put("jsonrpc", "2.0");
    answer.set("id", id);
    answer.putObject("error").put("code", code).put("message", message);
    return answer;
  }
}
