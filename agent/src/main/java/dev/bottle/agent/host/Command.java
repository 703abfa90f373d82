package dev.bottle.agent.host;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A program to run to its end.
 *
 * @param argv never holds a secret: every process of the node may read it
 * @param environment the whole environment; nothing of the agent's own is inherited
 * @param deadline after which the program is interrupted and then killed
 * @param input what goes to its standard input
 */
public record Command(
    List<String> argv, Map<String, String> environment, Duration deadline, Input input) {

  /** The writer of a program's standard input; the stream is closed after it. */
  @FunctionalInterface
  public interface Input {
    /** Writes everything; an exception means that the program stopped reading. */
    void writeTo(OutputStream out) throws IOException;
  }

  /** Copies what it is given. */
  public Command {
    argv = List.copyOf(argv);
    environment = Map.copyOf(environment);
  }

  /** A command that reads nothing. */
  public static Command of(Duration deadline, Map<String, String> environment, List<String> argv) {
    return new Command(argv, environment, deadline, out -> {});
  }

  /** The same command with this standard input. */
  public Command withInput(Input stdin) {
    return new Command(argv, environment, deadline, stdin);
  }
}
