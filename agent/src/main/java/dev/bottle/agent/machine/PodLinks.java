package dev.bottle.agent.machine;

import dev.bottle.agent.control.ControlConnection;
import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.gate.GateListener;
import dev.bottle.agent.gate.GateMachine;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.agent.report.StatusBoard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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
  private Optional<String> linked = Optional.empty();
  private volatile Optional<String> told = Optional.empty();
  private @Nullable GateListener gate;
  private @Nullable ControlConnection control;
  private @Nullable EgressTally tally;

  PodLinks(Node node, BottleRef bottle, StatusBoard board, Runnable wake) {
    this.node = node;
    this.directory = node.paths().bottleDirectory(bottle.uid());
    this.canary = new CanaryTrip(bottle, board, node.events(), node.clock());
    this.board = board;
    this.wake = wake;
  }

  boolean isLinked(String pod) {
    return linked.equals(Optional.of(pod));
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
    gate = new GateListener(directory.resolve("gate/agent.sock"), machine);
    EgressTally gathered = new EgressTally(board, node.clock(), EgressTally.PAUSE);
    tally = gathered;
    control =
        new ControlConnection(
            directory.resolve("control-egress/control.sock"),
            Daemon.EGRESS,
            new DaemonReports(
                Daemon.EGRESS, pod, board, node.nonces(), gathered, canary, node.meters(), wake));
    linked = Optional.of(pod);
  }

  @Override
  public void close() {
    linked = Optional.empty();
    if (control != null) {
      control.close();
      control = null;
    }
    if (tally != null) {
      tally.close();
      tally = null;
    }
    if (gate != null) {
      try {
        gate.close();
      } catch (IOException e) {
        LOG.atDebug().setCause(e).log("closing the gate");
      }
      gate = null;
    }
  }
}
