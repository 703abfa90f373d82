package dev.bottle.bundle.supervise.mcp;

/** A tool that did nothing, and why; the agent reads it and can do otherwise. */
public final class ToolException extends Exception {
  private static final long serialVersionUID = 1L;

  /** With what to write or do instead. */
  public ToolException(String message) {
    super(message);
  }
}
