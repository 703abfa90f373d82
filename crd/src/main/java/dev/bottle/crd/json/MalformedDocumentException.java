package dev.bottle.crd.json;

/** A document is not what its contract says. The message names the place, and quotes no value. */
public final class MalformedDocumentException extends Exception {
  private static final long serialVersionUID = 1L;

  /** With a message for a log line or a condition. */
  public MalformedDocumentException(String message) {
    super(message);
  }
}
