package dev.bottle.agent.gate;

import dev.bottle.agent.host.RunningCommand;
import dev.bottle.agent.log.MachineLog;
import dev.bottle.agent.smolvm.RuntimeFailure;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The machine behind one Pod's gate. */
public interface GateMachine {
  /**
   * Starts a command in the guest for a person.
   *
   * @throws RuntimeFailure MachineNotRunning, or TooManySessions
   */
  RunningCommand open(List<String> command) throws RuntimeFailure;

  /** The Pod's gate container runs: the machine may run. */
  void held();

  /**
   * What a gate shows to people of the machine. Nothing, unless the machine has something to say.
   */
  default MachineLog log() {
    return MachineLog.silent();
  }

  /** The Pod ends; completes when its machine is synced and stopped. */
  CompletableFuture<Void> terminate();

  /** The Pod's gate container was told how its machine ended, and goes. */
  void told();
}
