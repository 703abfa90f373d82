package dev.bottle.agent.machine;

import dev.bottle.agent.smolvm.MachineSize;
import dev.bottle.crd.condition.Reason;
import java.util.Optional;

/** What a Bottle asks of this node. */
public sealed interface Wish {
  /** Of which generation of the spec this was concluded; in every condition of the agent. */
  long generation();

  /** No machine, no disk: the Bottle is deleted, gone, or placed elsewhere. */
  record Remove(long generation, Optional<Long> epoch) implements Wish {}

  /**
   * The machine must not run; its disk stays.
   *
   * @param pod that exists nonetheless
   */
  record Rest(long generation, long epoch, Reason reason, String message, Optional<String> pod)
      implements Wish {}

  /**
   * A machine for this Pod.
   *
   * @param shape what only a new machine can change: the image reference and the doors
   */
  record Run(long generation, long epoch, String pod, String image, String shape, MachineSize size)
      implements Wish {}
}
