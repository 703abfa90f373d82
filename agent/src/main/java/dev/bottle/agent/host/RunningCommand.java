package dev.bottle.agent.host;

import java.io.InputStream;
import java.io.OutputStream;

/** A started program with its streams. */
public interface RunningCommand {
  /** Its standard input. */
  OutputStream stdin();

  /** Its standard output. */
  InputStream stdout();

  /** Its standard error. */
  InputStream stderr();

  /** Waits for the end and returns the exit code. */
  int await() throws InterruptedException;

  /** Interrupts it and its children, kills what is left after a moment. Returns when it is dead. */
  void kill() throws InterruptedException;
}
