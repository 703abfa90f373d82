package dev.bottle.agent.smolvm;

import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.RunningCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A runtime of microVMs. Every call has a deadline; lifecycle calls of one machine are serial. */
public interface MachineRuntime {
  /** The version word, e.g. {@code 1.32.2+standin.runc}. */
  String version() throws RuntimeFailure, InterruptedException;

  /** All machines of this data directory. */
  List<MachineRecord> list() throws RuntimeFailure, InterruptedException;

  /** The machine, empty when it does not exist. */
  Optional<MachineRecord> status(String name) throws RuntimeFailure, InterruptedException;

  /** Fails when it exists. */
  void create(MachineDefinition machine) throws RuntimeFailure, InterruptedException;

  /**
   * Changes a stopped machine. One whose disk does not exist yet is deleted instead, to be created
   * with its new size.
   */
  void resize(String name, MachineSize size) throws RuntimeFailure, InterruptedException;

  /**
   * Boots it in the cage of that Pod. Leaves a machine alone that is up already: a sticky {@code
   * unreachable} would make smolvm's own start kill it (smolvm.md §12.2). Ready for commands only
   * when {@link #status} says running.
   */
  void start(String name, String podUid, Path bottleDirectory)
      throws RuntimeFailure, InterruptedException;

  /** Powers it off without grace: call {@code sync} in the guest first. */
  void stop(String name) throws RuntimeFailure, InterruptedException;

  /** Removes machine and disk; one that does not exist is a success. */
  void delete(String name) throws RuntimeFailure, InterruptedException;

  /** Runs a command in the guest as root, to its end. One of our own two sessions. */
  CommandResult exec(String name, List<String> argv, Duration deadline, Command.Input input)
      throws RuntimeFailure, InterruptedException;

  /**
   * Starts a command for a person. The caller holds the session budget and kills what it leaves.
   */
  RunningCommand open(String name, List<String> argv) throws RuntimeFailure;
}
