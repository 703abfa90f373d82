package dev.bottle.system.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A process that is measured from outside. */
final class Program implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration GLANCE = Duration.ofMillis(1);
  private static final int KIB = 1024;

  private final Process process;
  private final Path log;
  private final long started = System.nanoTime();

  private Program(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts it.
   *
   * @param log gets everything that it prints
   */
  static Program start(List<String> command, Path log, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    return new Program(builder.start(), log);
  }

  /** Waits until it serves; the time since its start. */
  Duration awaitReady(BooleanSupplier ready) throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!ready.getAsBoolean()) {
      if (!process.isAlive() || System.nanoTime() > end) {
        throw new IOException("it does not serve: " + Files.readString(log));
      }
      try {
        Thread.sleep(GLANCE);
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }
    return Duration.ofNanos(System.nanoTime() - started);
  }

  /** Waits until it has ended by itself. */
  void awaitEnd() throws IOException {
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException("it failed: " + Files.readString(log));
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** User and system time of all its threads; the kernel counts in steps of 10 ms. */
  Duration cpu() {
    return process.info().totalCpuDuration().orElseThrow();
  }

  /** What of it is in memory, shared pages too, in bytes. */
  long resident() throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * KIB)
        .findFirst()
        .orElseThrow();
  }

  /** SIGTERM, and waits. */
  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
