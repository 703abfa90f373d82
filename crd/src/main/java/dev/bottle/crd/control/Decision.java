package dev.bottle.crd.control;

import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.json.StrictJson;
import dev.bottle.crd.request.PlainLine;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A person's decision, the one thing that an agent says on a control socket (supervise's). One line
 * of JSON; said again on each new connection for as long as the request is open, applied once.
 *
 * @param id of the request
 * @param hash of exactly what was asked, 64 hex digits: of another, the decision is not
 * @param note the person's, one plain line of at most 2,000 characters; null for none
 */
public record Decision(String id, String hash, boolean approved, @Nullable String note) {
  /**
   * The longest line, in bytes, without its end: a character of the note may take twelve, as the
   * escapes of two surrogates.
   */
  public static final int MAX_LINE_BYTES = 32 * 1024;

  private static final int MAX_NOTE = 2000;

  /** Refuses malformed ids and hashes; text becomes a plain line. */
  public Decision {
    Spoken.requestId(id);
    Spoken.hex("hash", hash, 64);
    note = note == null ? null : PlainLine.of(note, MAX_NOTE);
  }

  /** The line that says this, with its line feed. */
  public byte[] toLine() {
    byte[] json = StrictJson.write(this);
    byte[] line = Arrays.copyOf(json, json.length + 1);
    line[json.length] = '\n';
    return line;
  }

  /**
   * Reads one line, without its line feed.
   *
   * @throws MalformedDocumentException when it is no decision
   */
  public static Decision parse(byte[] line) throws MalformedDocumentException {
    return StrictJson.read(line, MAX_LINE_BYTES, Decision.class);
  }
}
