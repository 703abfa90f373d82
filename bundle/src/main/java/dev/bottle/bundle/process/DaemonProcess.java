package dev.bottle.bundle.process;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** How a daemon's process starts and ends. */
public final class DaemonProcess {
  private static final Logger LOG = LoggerFactory.getLogger(DaemonProcess.class);

  private DaemonProcess() {}

  /**
   * Reads the arguments and runs the command.
   *
   * @param name begins the one line on standard error that says why it cannot start
   * @return the exit code: 1 when it cannot start
   */
  public static int run(String name, Callable<Integer> command, String... arguments) {
    return new CommandLine(command)
        .setParameterExceptionHandler((e, _) -> fail(name, e.getCommandLine(), e))
        .setExecutionExceptionHandler((e, line, _) -> fail(name, line, e))
        .execute(arguments);
  }

  /** Waits for SIGTERM, closes these in order and ends the process with exit code 0. */
  public static int untilTerminated(AutoCloseable... daemons) throws InterruptedException {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              for (AutoCloseable daemon : daemons) {
                close(daemon);
              }
              // Told to stop and stopped: a JVM would report 143.
              Runtime.getRuntime().halt(0);
            }));
    new CountDownLatch(1).await();
    return 0;
  }

  private static void close(AutoCloseable daemon) {
    try {
      daemon.close();
    } catch (Exception e) {
      LOG.warn("closing failed: {}", e.getMessage());
    }
  }

  private static int fail(String name, CommandLine line, Exception e) {
    line.getErr().println(name + ": " + String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
    return 1;
  }
}
