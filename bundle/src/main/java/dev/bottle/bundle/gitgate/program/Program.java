package dev.bottle.bundle.gitgate.program;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A running child process with exactly the given environment. It is killed, with everything that it
 * started, when its time is over and when this is closed.
 *
 * <p>Whoever reads a pipe needs a platform thread: a virtual one holds on to its carrier meanwhile,
 * of which there are as many as processors.
 */
public final class Program implements AutoCloseable {
  private static final int MAX_ERR = 16 * 1024;
  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("time-limits").factory());

  private final Process process;
  private final Deadline deadline;
  private final Runnable kill = this::kill;
  private final ScheduledFuture<?> limit;
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Thread errReader;
  private volatile boolean killed;

  private Program(Process process, Deadline deadline) {
    this.process = process;
    this.deadline = deadline;
    this.limit = CLOCK.schedule(kill, deadline.left().toMillis(), TimeUnit.MILLISECONDS);
    this.errReader = Thread.ofPlatform().daemon().start(this::readErr);
    deadline.add(kill);
  }

  /**
   * Starts it.
   *
   * @param deadline at which it is killed
   * @throws IOException when there is no such program
   */
  public static Program start(
      List<String> command, Map<String, String> environment, Deadline deadline) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().putAll(environment);
    return new Program(builder.start(), deadline);
  }

  /**
   * Runs it to its end.
   *
   * @param input what it reads
   * @param maxOut the most that it may write on standard output, in bytes; more kills it
   */
  public static Outcome run(
      List<String> command,
      Map<String, String> environment,
      byte[] input,
      Deadline deadline,
      int maxOut)
      throws IOException, InterruptedException {
    try (Program program = start(command, environment, deadline)) {
      Thread writer = Thread.ofPlatform().daemon().start(() -> program.write(input));
      byte[] out = program.read(maxOut + 1);
      if (out.length > maxOut) {
        program.kill();
      }
      int exit = program.await();
      writer.join();
      return new Outcome(exit, out, program.err());
    }
  }

  /** What it reads. */
  public OutputStream in() {
    return process.getOutputStream();
  }

  /** What it writes. */
  public InputStream out() {
    return process.getInputStream();
  }

  /** What it wrote on standard error, the beginning; complete after {@link #await}. */
  public String err() {
    synchronized (err) {
      return err.toString(StandardCharsets.UTF_8);
    }
  }

  /** Waits for its end: its exit code, or {@link Outcome#KILLED}. */
  public int await() throws InterruptedException {
    int exit = process.waitFor();
    errReader.join();
    return killed ? Outcome.KILLED : exit;
  }

  /** Kills it and what it started. */
  @Override
  public void close() {
    limit.cancel(false);
    deadline.remove(kill);
    if (process.isAlive()) {
      kill();
    }
    process.onExit().join();
    closeQuietly(process.getOutputStream());
    closeQuietly(process.getInputStream());
  }

  private void kill() {
    killed = true;
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private byte[] read(int most) throws InterruptedException {
    try {
      byte[] out = out().readNBytes(most);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      return out;
    } catch (IOException closed) {
      return new byte[0];
    }
  }

  private void write(byte[] input) {
    try (OutputStream to = in()) {
      to.write(input);
    } catch (IOException itDoesNotRead) {
      // its exit code says what that means
    }
  }

  private void readErr() {
    try (InputStream from = process.getErrorStream()) {
      byte[] part = new byte[4096];
      for (int count = from.read(part); count >= 0; count = from.read(part)) {
        synchronized (err) {
          err.write(part, 0, Math.min(count, MAX_ERR - err.size()));
        }
      }
    } catch (IOException closed) {
      // it is killed
    }
  }

  private static void closeQuietly(AutoCloseable stream) {
    try {
      stream.close();
    } catch (Exception closed) {
      // nobody reads any more
    }
  }
}
