package dev.bottle.bundle.egress.guard;

/** What a WebSocket's frame is (RFC 6455, section 5.2). */
public enum Opcode {
  CONTINUATION,
  TEXT,
  BINARY,
  CLOSE,
  PING,
  PONG;

  /** Control frames may stand between the frames of a message and are no part of it. */
  public boolean isControl() {
    return switch (this) {
      case CONTINUATION, TEXT, BINARY -> false;
      case CLOSE, PING, PONG -> true;
    };
  }
}
