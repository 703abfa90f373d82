package dev.bottle.crd.control;

import java.util.List;
import java.util.Objects;

/**
 * All requests that are open: sent on a new connection after each one's {@link RequestOpen}, and
 * after every change.
 *
 * @param ids at most {@value #MAX}, the oldest first
 */
public record OpenRequests(String daemon, List<String> ids) implements ControlMessage {
  /** The most that are open at a time. */
  public static final int MAX = 20;

  /** Refuses malformed names and ids, and too many. */
  public OpenRequests {
    Spoken.daemon(daemon);
    ids = List.copyOf(Objects.requireNonNull(ids, "ids is missing"));
    ids.forEach(Spoken::requestId);
    if (ids.size() > MAX || ids.stream().distinct().count() != ids.size()) {
      throw new IllegalArgumentException("ids are too many, or one is there twice");
    }
  }
}
