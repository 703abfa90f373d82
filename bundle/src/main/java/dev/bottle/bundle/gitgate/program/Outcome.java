package dev.bottle.bundle.gitgate.program;

import java.nio.charset.StandardCharsets;

/**
 * How a program ended.
 *
 * @param exit its code; {@link #KILLED} when it took too long or said too much
 * @param out standard output
 * @param err standard error, its beginning
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Outcome(int exit, byte[] out, String err) {
  /** In place of the code of a program that did not end by itself. */
  public static final int KILLED = -1;

  /** Whether it ended with 0. */
  public boolean succeeded() {
    return exit == 0;
  }

  /** Standard output as text. */
  public String text() {
    return new String(out, StandardCharsets.UTF_8);
  }

  /** The exit code only: output is the guest's or the upstream's. */
  @Override
  public String toString() {
    return "Outcome[" + exit + "]";
  }
}
