package dev.bottle.agent.machine;

import dev.bottle.agent.control.Outbox;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.crd.api.AgentRequest;
import dev.bottle.crd.api.RequestDecision;
import dev.bottle.crd.api.Verdict;
import dev.bottle.crd.control.Decision;
import dev.bottle.crd.control.OpenRequests;
import dev.bottle.crd.control.RequestOpen;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The requests that supervise of one Pod has open, and what people decided about them: the former
 * go into the status, a change at once and those that follow it together; the latter to supervise,
 * as long as it has them open. Never holds more than twice what may be open, whatever is said.
 */
final class RequestBook implements AutoCloseable {
  /** Each request is told before it is said to be open. */
  private static final int MAX_HEARD = 2 * OpenRequests.MAX;

  private final StatusBoard board;
  private final Outbox outbox;
  private final Pacing pacing;
  private final Map<String, AgentRequest> heard = new LinkedHashMap<>();
  private List<String> open = List.of();
  private List<RequestDecision> decided = List.of();
  private boolean closed;

  /**
   * @param outbox to supervise
   * @param pause between two changes of the status
   */
  RequestBook(StatusBoard board, Outbox outbox, Duration pause) {
    this.board = board;
    this.outbox = outbox;
    this.pacing = new Pacing("request-book", pause);
  }

  /** One request. Does not block. */
  synchronized void heard(RequestOpen request) {
    heard.remove(request.id());
    Iterator<String> oldest = heard.keySet().iterator();
    while (heard.size() >= MAX_HEARD && oldest.hasNext()) {
      if (!open.contains(oldest.next())) {
        oldest.remove();
      }
    }
    Requests.of(request).ifPresent(told -> heard.put(told.id(), told));
  }

  /** Which of them are open. Does not block. */
  synchronized void heard(OpenRequests all) {
    open = all.ids();
    heard.keySet().retainAll(open);
    if (!told().equals(current())) {
      pacing.soon(this::tell);
    }
    say();
  }

  /** What people decided, as the Bottle has it now. Does not block. */
  synchronized void decided(List<RequestDecision> now) {
    decided = List.copyOf(now);
    say();
  }

  private void say() {
    if (!closed) {
      outbox.say(decided.stream().flatMap(decision -> decision(decision).stream()).toList());
    }
  }

  /** Of an open request, and about exactly what it asks; supervise looks at both again. */
  private Optional<Decision> decision(RequestDecision decision) {
    AgentRequest request = heard.get(decision.id());
    return request == null
            || !open.contains(decision.id())
            || !request.hash().equals(decision.hash())
        ? Optional.empty()
        : Optional.of(
            new Decision(
                request.id(),
                request.hash(),
                decision.verdict() == Verdict.Approved,
                decision.note()));
  }

  private List<AgentRequest> current() {
    return open.stream().map(heard::get).filter(Objects::nonNull).toList();
  }

  private List<AgentRequest> told() {
    List<AgentRequest> told = board.current().requests();
    return told == null ? List.of() : told;
  }

  private synchronized void tell() {
    if (!closed) {
      List<AgentRequest> now = current();
      board.update(former -> former.withRequests(now));
    }
  }

  /** Tells nothing more: the status may be another agent's by now. */
  @Override
  public synchronized void close() {
    closed = true;
  }
}
