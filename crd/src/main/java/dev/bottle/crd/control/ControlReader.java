package dev.bottle.crd.control;

import dev.bottle.crd.json.MalformedDocumentException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Reads a daemon's messages from one connection, never holding more than one line of it. */
public final class ControlReader {
  private final InputStream in;

  /** Reads from this stream; closing it stays the caller's. */
  public ControlReader(InputStream in) {
    this.in = new BufferedInputStream(in);
  }

  /**
   * The next message; empty at the end of the stream. Blocks.
   *
   * @throws MalformedDocumentException for a line that is too long, unfinished or no message; the
   *     connection is then of no more use
   * @throws IOException as the stream does
   */
  public Optional<ControlMessage> next() throws IOException, MalformedDocumentException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int read = in.read(); read != '\n'; read = in.read()) {
      if (read < 0) {
        if (line.size() == 0) {
          return Optional.empty();
        }
        throw new MalformedDocumentException("the stream ends within a line");
      }
      if (line.size() == ControlMessage.MAX_LINE_BYTES) {
        throw new MalformedDocumentException(
            "a line is longer than " + ControlMessage.MAX_LINE_BYTES + " bytes");
      }
      line.write(read);
    }
    return Optional.of(ControlMessage.parse(line.toByteArray()));
  }
}
