package dev.bottle.agent.host;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * kill(2). The JDK sends only SIGTERM and SIGKILL, and smolvm cleans up on SIGINT only: any other
 * signal during a start leaves a machine that its record does not know (smolvm.md §1.4).
 */
final class Signals {
  static final int INTERRUPT = 2;
  static final int KILL = 9;

  @SuppressWarnings("restricted") // kill(2) takes two numbers; nothing in it touches memory
  private static final MethodHandle KILL_CALL =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().find("kill").orElseThrow(),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  private Signals() {}

  /** Returns whether the signal was delivered; false when the process is gone already. */
  static boolean send(long pid, int signal) {
    if (pid <= 1) {
      return false; // 0 and negative numbers mean groups of processes
    }
    try {
      return (int) KILL_CALL.invokeExact((int) pid, signal) == 0;
    } catch (Throwable impossible) {
      throw new LinkageError("kill(2) could not be called", impossible);
    }
  }
}
