package dev.bottle.agent.smolvm;

import java.util.Optional;

/**
 * One machine as the runtime's status says.
 *
 * @param labels empty when it is not one of ours
 * @param pid of its process; may be stale (dead, or another's) unless the state is running
 * @param image the rootfs directory
 * @param networkless whether the record asks for no network
 */
public record MachineRecord(
    String name,
    State state,
    Optional<MachineLabels> labels,
    Optional<Long> pid,
    MachineSize size,
    String image,
    boolean networkless) {

  /** smolvm's states, those that need no distinction put together. */
  public enum State {
    /** created, stopped or failed: no process. */
    Stopped,
    /** Its process lives and answers. */
    Running,
    /** Its process lives and did not answer the last ping, or is frozen. */
    Unreachable
  }
}
