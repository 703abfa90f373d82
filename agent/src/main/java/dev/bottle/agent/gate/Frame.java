package dev.bottle.agent.gate;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** One frame of the gate protocol (docs/contracts.md): type, length, payload. */
final class Frame {
  static final int MAX_PAYLOAD_BYTES = 65_536;

  private final Type type;
  private final byte[] payload;

  Frame(Type type, byte[] payload) {
    if (payload.length > MAX_PAYLOAD_BYTES) {
      throw new IllegalArgumentException("a frame holds at most " + MAX_PAYLOAD_BYTES + " bytes");
    }
    this.type = type;
    this.payload = payload.clone();
  }

  /** Who sends what. */
  enum Type {
    OPEN(0x01),
    STDIN(0x02),
    STDIN_END(0x03),
    TERMINATE(0x04),
    STDOUT(0x11),
    STDERR(0x12),
    EXIT(0x13),
    ERROR(0x14),
    STOPPED(0x15),
    LOG(0x16);

    private final int code;

    Type(int code) {
      this.code = code;
    }

    static Type of(int code) throws IOException {
      for (Type type : values()) {
        if (type.code == code) {
          return type;
        }
      }
      throw new IOException("a frame of unknown type " + code);
    }
  }

  Type type() {
    return type;
  }

  byte[] payload() {
    return payload.clone();
  }

  /** The next frame; empty at the end of the stream. */
  static Optional<Frame> read(DataInputStream in) throws IOException {
    int code = in.read();
    if (code < 0) {
      return Optional.empty();
    }
    Type type = Type.of(code);
    int length = in.readInt();
    if (length < 0 || length > MAX_PAYLOAD_BYTES) {
      throw new IOException("a frame of " + Integer.toUnsignedString(length) + " bytes");
    }
    byte[] payload = in.readNBytes(length);
    if (payload.length < length) {
      throw new EOFException("the stream ended within a frame");
    }
    return Optional.of(new Frame(type, payload));
  }

  /** The bytes on the wire. */
  ByteBuffer encode() {
    ByteBuffer buffer = ByteBuffer.allocate(5 + payload.length);
    buffer.put((byte) type.code).putInt(payload.length).put(payload);
    return buffer.flip();
  }
}
