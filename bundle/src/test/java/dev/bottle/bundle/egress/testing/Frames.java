package dev.bottle.bundle.egress.testing;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** WebSocket frames as bytes (RFC 6455, section 5.2), for tests that must see them. */
public final class Frames {
  /** The key of section 1.3's example. */
  public static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  private static final Pattern KEY_HEADER =
      Pattern.compile("(?i)\r\nsec-websocket-key: ([^\r]+)\r\n");
  private static final byte[] MASK = {1, 2, 3, 4};

  /** One frame; the payload is unmasked. */
  public record Frame(int first, boolean masked, String payload) {}

  private Frames() {}

  /** What a guest asks for a WebSocket with. */
  public static String request(String host, String more) {
    return "GET /ws HTTP/1.1\r\nHost: "
        + host
        + "\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "
        + KEY
        + "\r\nSec-WebSocket-Version: 13\r\n"
        + more
        + "\r\n";
  }

  /** The 101 that answers this head. */
  public static String accept(String head, String more) {
    Matcher key = KEY_HEADER.matcher(head);
    if (!key.find()) {
      throw new IllegalArgumentException(head);
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1")
              .digest(
                  (key.group(1) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                      .getBytes(StandardCharsets.US_ASCII));
      return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Accept: "
          + Base64.getEncoder().encodeToString(digest)
          + "\r\n"
          + more
          + "\r\n";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A frame, one ISO-8859-1 character a byte. */
  public static String frame(int first, boolean masked, String payload) {
    byte[] bytes = payload.getBytes(StandardCharsets.ISO_8859_1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int flag = masked ? 0x80 : 0;
    out.write(first);
    if (bytes.length < 126) {
      out.write(flag | bytes.length);
    } else if (bytes.length < 65_536) {
      out.write(flag | 126);
      out.write(bytes.length >> 8);
      out.write(bytes.length);
    } else {
      out.write(flag | 127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        out.write((int) ((long) bytes.length >> shift));
      }
    }
    if (masked) {
      out.writeBytes(MASK);
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] ^= MASK[i % 4];
      }
    }
    out.writeBytes(bytes);
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  /** A whole text message. */
  public static String text(boolean masked, String payload) {
    return frame(0x81, masked, payload);
  }

  /** Reads one frame. */
  public static Frame read(InputStream in) throws IOException {
    DataInputStream data = new DataInputStream(in);
    int first = data.readUnsignedByte();
    int second = data.readUnsignedByte();
    boolean masked = (second & 0x80) != 0;
    int length = second & 0x7f;
    if (length == 126) {
      length = data.readUnsignedShort();
    } else if (length == 127) {
      length = Math.toIntExact(data.readLong());
    }
    byte[] mask = new byte[4];
    if (masked) {
      data.readFully(mask);
    }
    byte[] payload = new byte[length];
    data.readFully(payload);
    for (int i = 0; i < length; i++) {
      payload[i] ^= mask[i % 4];
    }
    return new Frame(first, masked, new String(payload, StandardCharsets.ISO_8859_1));
  }
}
