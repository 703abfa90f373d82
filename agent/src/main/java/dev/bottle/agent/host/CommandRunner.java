package dev.bottle.agent.host;

import java.io.IOException;

/** Runs programs. The one place of the agent that starts processes. */
public interface CommandRunner {
  /**
   * Runs to the end.
   *
   * @throws CommandTimeoutException when the deadline passed; the program and its children are dead
   * @throws IOException when the program cannot be started
   */
  CommandResult run(Command command) throws IOException, InterruptedException;

  /**
   * Starts a program whose streams the caller handles. Deadline and input of the command are not
   * used.
   */
  RunningCommand start(Command command) throws IOException;
}
