package dev.bottle.bundle.supervise.mcp;

import com.fasterxml.jackson.databind.JsonNode;

/** What the server's tools do. */
public interface Tools {
  /** The tools as {@code tools/list} has them: name, description, inputSchema. */
  JsonNode list();

  /** Whether there is a tool of this name. */
  boolean has(String name);

  /**
   * Calls one.
   *
   * @param arguments an object
   * @return what to give back as structured content
   * @throws ToolException when it was not done; the message is for the agent
   */
  JsonNode call(String name, JsonNode arguments) throws ToolException;
}
