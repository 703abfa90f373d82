package dev.bottle.bundle.egress.exchange;

import java.util.List;

/**
 * What somebody took some bytes for. Texts hold one ISO-8859-1 character a byte.
 *
 * @param requests those that were complete, in order
 * @param refused whether what came after them was refused, and not waited for
 */
record Reading(List<Request> requests, boolean refused) {
  /** A request without what only concerns the connection. */
  record Request(String method, String target, String host, String body) {}

  /**
   * Whether nobody who reads like this is led to another request than who reads like that: it is
   * the same, or it ends earlier with a refusal.
   */
  boolean isNotAnother(List<Request> than) {
    return requests.equals(than)
        || (refused
            && requests.size() < than.size()
            && requests.equals(than.subList(0, requests.size())));
  }
}
