package dev.bottle.crd.control;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.json.StrictJson;
import java.util.Arrays;

/**
 * One line of a daemon's control socket. The daemon that writes it may be hostile, so its values
 * are checked or made harmless when they are made, on either side.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = DaemonState.class, name = "state"),
  @JsonSubTypes.Type(value = Denial.class, name = "denial"),
  @JsonSubTypes.Type(value = Finding.class, name = "finding"),
  @JsonSubTypes.Type(value = GitDenial.class, name = "gitDenial"),
  @JsonSubTypes.Type(value = NonceSeen.class, name = "nonce"),
  @JsonSubTypes.Type(value = OpenRequests.class, name = "openRequests"),
  @JsonSubTypes.Type(value = RequestOpen.class, name = "requestOpen")
})
public sealed interface ControlMessage
    permits DaemonState, Denial, Finding, GitDenial, NonceSeen, OpenRequests, RequestOpen {
  /**
   * The longest line, in bytes and without its end; a longer one is the daemon's fault and ends the
   * connection.
   */
  int MAX_LINE_BYTES = 64 * 1024;

  /** Which daemon speaks: {@code egress}, later {@code git-gate}, {@code supervise}. */
  String daemon();

  /** The line that says this, with its line feed; never longer than {@link #MAX_LINE_BYTES}. */
  default byte[] toLine() {
    byte[] json = StrictJson.write(this);
    byte[] line = Arrays.copyOf(json, json.length + 1);
    line[json.length] = '\n';
    return line;
  }

  /**
   * Reads one line, without its line feed.
   *
   * @throws MalformedDocumentException when it is no message of this version
   */
  static ControlMessage parse(byte[] line) throws MalformedDocumentException {
    return StrictJson.read(line, MAX_LINE_BYTES, ControlMessage.class);
  }
}
