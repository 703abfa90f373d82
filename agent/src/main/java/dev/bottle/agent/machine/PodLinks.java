package dev.bottle.agent.machine;

import dev.bottle.agent.control.ControlConnection;
import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.control.Outbox;
import dev.bottle.agent.gate.GateListener;
import dev.bottle.agent.gate.GateMachine;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.DaemonStatus;
import dev.bottle.crd.api.RequestDecision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sockets between the agent and a Bottle's current Pod. Used by the reconciler's thread only.
 */
final class PodLinks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PodLinks.class);

  private final Node node;
  private final Path directory;
  private final CanaryTrip canary;
  private final StatusBoard board;
  private final Runnable wake;
  private final BottleRef bottle;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private Optional<String> linked = Optional.empty();
  private Optional<RequestBook> requests = Optional.empty();
  private volatile Optional<String> told = Optional.empty();

  PodLinks(Node node, BottleRef bottle, StatusBoard board, Runnable wake) {
    this.node = node;
    this.bottle = bottle;
    this.directory = node.paths().bottleDirectory(bottle.uid());
    this.canary = new CanaryTrip(bottle, board, node.events(), node.clock());
    this.board = board;
    this.wake = wake;
  }

  boolean isLinked(String pod) {
    return linked.equals(Optional.of(pod));
  }

  boolean isAnyLinked() {
    return linked.isPresent();
  }

  /**
   * The Pod whose gate still expects to hear of its machine's end: without that, its container
   * waits for the whole of its grace period.
   */
  Optional<String> untold() {
    return linked.filter(pod -> !told.equals(Optional.of(pod)));
  }

  /** The gate of that Pod heard of its machine's end. Called from the gate's thread. */
  void told(String pod) {
    told = Optional.of(pod);
  }

  /** Replaces the links to any other Pod. */
  void link(String pod, GateMachine machine) throws IOException {
    close();
    opened(new GateListener(directory.resolve("gate/agent.sock"), machine));
    EgressTally egress = opened(new EgressTally(board, node.clock(), EgressTally.PAUSE));
    GitTally git =
        opened(new GitTally(bottle, board, node.events(), node.clock(), EgressTally.PAUSE));
    Outbox outbox = new Outbox();
    RequestBook book = opened(new RequestBook(board, outbox, node.clock(), EgressTally.PAUSE));
    for (Daemon daemon : Daemon.values()) {
      if (node.binds().has(bottle.uid(), daemon)) {
        opened(
            new ControlConnection(
                daemon.controlSocket(directory),
                daemon,
                new DaemonReports(
                    daemon,
                    pod,
                    board,
                    node.nonces(),
                    egress,
                    git,
                    book,
                    canary,
                    node.meters(),
                    wake),
                Optional.of(outbox).filter(_ -> daemon == Daemon.SUPERVISE)));
      } else if (daemon == Daemon.SUPERVISE) {
        board.update(former -> former.withRequests(List.of())); // nobody can hear of a decision
      }
    }
    requests = Optional.of(book);
    linked = Optional.of(pod);
    forgetOthers(pod);
  }

  /** What a daemon of a former Pod said last is said by nobody any more. */
  private void forgetOthers(String pod) {
    List<DaemonStatus> daemons = board.current().daemons();
    if (daemons.stream().anyMatch(daemon -> !pod.equals(daemon.podUID()))) {
      board.update(former ->
          former.withDaemons(
              former.daemons().stream().filter(daemon -> pod.equals(daemon.podUID())).toList()));
    }
  }

  /** What people decided, as this Bottle has it: for the Pod that is linked. */
  void decided(Bottle current) {
    BottleStatus status = current.getStatus();
    List<RequestDecision> decisions = status == null ? null : status.decisions();
    requests.ifPresent(book -> book.decided(decisions == null ? List.of() : decisions));
  }

  @Override
  public void close() {
    linked = Optional.empty();
    requests = Optional.empty();
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        LOG.atDebug().setCause(e).log("closing a link");
      }
    }
  }

  private <T extends AutoCloseable> T opened(T link) {
    open.push(link);
    return link;
  }
}
