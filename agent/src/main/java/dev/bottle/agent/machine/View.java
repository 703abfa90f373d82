package dev.bottle.agent.machine;

import dev.bottle.agent.smolvm.MachineRecord;
import java.util.Optional;

/**
 * What was observed on the node, for one Bottle, at one moment.
 *
 * @param runtimeVersion empty when the runtime does not work
 * @param unfit why this node may start no machine; a machine that runs is left alone
 * @param machine empty when it does not exist
 * @param boot when its process lives
 * @param startedFor the Pod that it was started for last
 * @param block that a leak left
 * @param volumes whether the socket volumes of the wished Pod exist
 * @param bound whether exactly these volumes are bound
 * @param anyBound whether anything is bound for this Bottle
 * @param untold whether a gate is served whose Pod is still there and does not know yet that its
 *     machine ended
 * @param linked whether gate and control sockets of the wished Pod are served
 * @param image the image of the wish
 * @param provisioning how the guest's content compares with the Pod's volumes
 * @param seal whether the seal is proven for this Pod, policy and boot
 * @param silent whether the machine did not answer for so long that it must be restarted
 */
public record View(
    Optional<String> runtimeVersion,
    Optional<String> unfit,
    Optional<MachineRecord> machine,
    Optional<Boot> boot,
    Optional<String> startedFor,
    Optional<Block> block,
    boolean volumes,
    boolean bound,
    boolean anyBound,
    boolean untold,
    boolean linked,
    Image image,
    Work provisioning,
    Work seal,
    boolean silent) {

  /** The image of the wish. */
  public sealed interface Image {
    /** Nobody asked for it yet. */
    record Unknown() implements Image {}

    /** It is being pulled. */
    record Pulling() implements Image {}

    /** It is here. */
    record Ready(String digest) implements Image {}
  }

  /** Something to do in the running guest. */
  public enum Work {
    /** Done for exactly this. */
    Current,
    /** Done for exactly this, so long ago that it is to be done again while it still counts. */
    Renew,
    /** To do now. */
    Due,
    /** It cannot be done now: something is missing, or a failure is recent. */
    NotNow
  }

  /** Whether there is a process, answering or not. */
  public boolean alive() {
    return machine.filter(found -> found.state() != MachineRecord.State.Stopped).isPresent();
  }

  /** Whether it answers. */
  public boolean running() {
    return machine.filter(found -> found.state() == MachineRecord.State.Running).isPresent()
        && boot.isPresent();
  }
}
