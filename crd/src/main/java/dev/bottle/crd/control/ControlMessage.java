package dev.bottle.crd.control;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** One line of a daemon's control socket. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = DaemonState.class, name = "state"),
  @JsonSubTypes.Type(value = Denial.class, name = "denial"),
  @JsonSubTypes.Type(value = NonceSeen.class, name = "nonce")
})
public sealed interface ControlMessage permits DaemonState, Denial, NonceSeen {
  /** The longest line, in bytes; a longer one is the daemon's fault and ends the connection. */
  int MAX_LINE_BYTES = 64 * 1024;

  /** Which daemon speaks: {@code egress}, later {@code git-gate}, {@code supervise}. */
  String daemon();
}
