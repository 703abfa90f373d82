package dev.bottle.agent.host;

import java.io.IOException;

/** A program did not end within its deadline and was killed. */
public final class CommandTimeoutException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Names the program, not its arguments. */
  public CommandTimeoutException(Command command) {
    super(
        command.argv().getFirst() + " did not end within " + command.deadline().toSeconds() + " s");
  }
}
