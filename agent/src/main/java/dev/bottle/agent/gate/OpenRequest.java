package dev.bottle.agent.gate;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The first frame's payload: what the client wants. */
record OpenRequest(int version, Kind kind, @Nullable List<String> command, @Nullable Boolean logs) {
  /** Whether a hold connection understands log frames. */
  boolean wantsLogs() {
    return Boolean.TRUE.equals(logs);
  }

  /** The two kinds of connection. */
  enum Kind {
    @JsonProperty("exec")
    EXEC,
    @JsonProperty("hold")
    HOLD
  }
}
