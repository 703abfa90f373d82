package dev.bottle.agent.machine;

import dev.bottle.agent.control.Outbox;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.crd.api.AgentRequest;
import dev.bottle.crd.api.RequestDecision;
import dev.bottle.crd.api.Verdict;
import dev.bottle.crd.control.Decision;
import dev.bottle.crd.control.OpenRequests;
import dev.bottle.crd.control.RequestOpen;
import java.time.Clock;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * The requests that supervise of one Pod has open, and what people decided about them: the former
 * go into the status, a change at once and those that follow it together; the latter to supervise,
 * as long as it has them open. Whatever is said, it holds a bounded number, lets few new ones into
 * the status in a minute, for each costs the cluster an object and Events, and leaves what the
 * status says of one as it is.
 */
final class RequestBook implements AutoCloseable {
  /** Each request is told before it is said to be open. */
  private static final int MAX_HEARD = 2 * OpenRequests.MAX;

  /** As many as supervise itself takes in a minute, which is six. */
  private static final Duration NEW_EACH = Duration.ofSeconds(10);

  private final StatusBoard board;
  private final Outbox outbox;
  private final Pacing pacing;
  private final Allowance allowance;
  private final FirstWords words = new FirstWords();
  private final Map<String, AgentRequest> heard = new LinkedHashMap<>();
  private List<String> open = List.of();
  private List<RequestDecision> decided = List.of();
  private boolean closed;

  /**
   * @param outbox to supervise
   * @param clock by which new ones are let in
   * @param pause between two changes of the status
   */
  RequestBook(StatusBoard board, Outbox outbox, Clock clock, Duration pause) {
    this.board = board;
    this.outbox = outbox;
    this.pacing = new Pacing("request-book", pause);
    // All that may be open: an agent that starts may hear of each for the first time.
    this.allowance = new Allowance(OpenRequests.MAX, NEW_EACH, clock);
    told().forEach(this::isAsItWas);
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
    Requests.of(request).filter(this::isAsItWas).ifPresent(told -> heard.put(told.id(), told));
    if (open.contains(request.id())) { // its words may have changed
      show();
      say();
    }
  }

  private boolean isAsItWas(AgentRequest told) {
    Set<String> shown = told().stream().map(AgentRequest::id).collect(Collectors.toSet());
    return words.hold(told.id(), told.hash(), id -> open.contains(id) || shown.contains(id));
  }

  /** Which of them are open. Does not block. */
  synchronized void heard(OpenRequests all) {
    open = all.ids();
    heard.keySet().retainAll(open);
    show();
    say();
  }

  /** What people decided, as the Bottle has it now. Does not block. */
  synchronized void decided(List<RequestDecision> now) {
    decided = List.copyOf(now);
    say();
  }

  private void show() {
    if (!told().equals(current(() -> true))) {
      pacing.soon(this::tell);
    }
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

  /**
   * What the status is to say.
   *
   * @param mayEnter is asked for each that the status does not have
   */
  private List<AgentRequest> current(BooleanSupplier mayEnter) {
    Map<String, AgentRequest> shown =
        told().stream()
            .collect(Collectors.toMap(AgentRequest::id, request -> request, (one, _) -> one));
    return open.stream()
        .map(heard::get)
        .filter(Objects::nonNull)
        .filter(request -> shown.containsKey(request.id()) || mayEnter.getAsBoolean())
        .map(request -> shown.getOrDefault(request.id(), request))
        .toList();
  }

  private List<AgentRequest> told() {
    List<AgentRequest> told = board.current().requests();
    return told == null ? List.of() : told;
  }

  private synchronized void tell() {
    if (!closed) {
      List<AgentRequest> now = current(allowance::take);
      board.update(former -> former.withRequests(now));
      show(); // what was kept back, when there is room again
    }
  }

  /** Tells nothing more: the status may be another agent's by now. */
  @Override
  public synchronized void close() {
    closed = true;
  }
}
