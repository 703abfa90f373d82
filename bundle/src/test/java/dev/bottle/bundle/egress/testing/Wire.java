package dev.bottle.bundle.egress.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** HTTP/1.1 as bytes, for tests that must see them. */
public final class Wire {
  private Wire() {}

  /** Up to and with the empty line; what there was when the stream ends before. */
  public static String head(InputStream in) throws IOException {
    return until(in, "\r\n\r\n");
  }

  /** Up to and with this text; what there was when the stream ends before. */
  public static String until(InputStream in, String end) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    String text = "";
    for (int read = in.read(); read >= 0; read = in.read()) {
      bytes.write(read);
      if (read == end.charAt(end.length() - 1)) {
        text = bytes.toString(StandardCharsets.ISO_8859_1);
        if (text.endsWith(end)) {
          return text;
        }
      }
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  /** Exactly so many bytes. */
  public static String exactly(InputStream in, int length) throws IOException {
    return new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
  }

  /** The whole rest. */
  public static String rest(InputStream in) throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
  }
}
