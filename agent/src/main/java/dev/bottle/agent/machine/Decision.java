package dev.bottle.agent.machine;

import dev.bottle.agent.smolvm.MachineSize;

/** The next thing to do, or to wait for, for one Bottle. */
public sealed interface Decision {
  /** Sync and stop the machine. */
  record Stop(String why) implements Decision {}

  /** Delete the stopped machine and its disk. */
  record Delete(String why) implements Decision {}

  /** Remove the binds of a Pod that is not current. */
  record Unbind() implements Decision {}

  /**
   * Nothing runs any more; the Pod's gate is served until it was told or kubelet has taken the
   * Pod's volumes away.
   *
   * @param deleted whether the machine's disk is gone, too
   */
  record AwaitPodEnd(boolean deleted) implements Decision {}

  /** Nothing of the Bottle is left on this node. */
  record Gone() implements Decision {}

  /** The machine is stopped, as it must be. */
  record Rest() implements Decision {}

  /** The machine leaked and stays stopped. */
  record Held(Block block) implements Decision {}

  /** The node has no runtime that works. */
  record NoRuntime() implements Decision {}

  /** The node may run no machine; why is the preflight's message. */
  record NodeUnfit(String message) implements Decision {}

  /** Kubelet has not made the Pod's volumes yet. */
  record AwaitVolumes() implements Decision {}

  /** Bind the Pod's volumes. */
  record Bind() implements Decision {}

  /** Serve the Pod's gate and listen to its daemons. */
  record Link() implements Decision {}

  /** Ask for the image. */
  record Pull() implements Decision {}

  /** The image is being pulled. */
  record AwaitImage() implements Decision {}

  /** Create the machine. */
  record Create(String digest) implements Decision {}

  /** Change the stopped machine's size. */
  record Resize(MachineSize size) implements Decision {}

  /** Boot it. */
  record Start() implements Decision {}

  /** Its process lives and does not answer; it may be busy. */
  record AwaitAnswer() implements Decision {}

  /** Write the guest files. */
  record Provision() implements Decision {}

  /** Prove the seal. */
  record ProveSeal() implements Decision {}

  /** Nothing is to do. */
  record Settled() implements Decision {}
}
