package dev.bottle.agent.host;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs programs as child processes of the agent. */
public final class ProcessRunner implements CommandRunner {
  private static final int OUTPUT_CAP_BYTES = 4 << 20;
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** A machine's process inherits nothing, but a careless child could hold our pipe open. */
  private static final Duration DRAIN = Duration.ofSeconds(2);

  /** Stateless. */
  public ProcessRunner() {}

  @Override
  public CommandResult run(Command command) throws IOException, InterruptedException {
    Process process = launch(command);
    Drain stdout = new Drain(process.getInputStream());
    Drain stderr = new Drain(process.getErrorStream());
    Thread.ofVirtual().name("stdin").start(() -> feed(command, process));
    boolean ended = false;
    try {
      ended = process.waitFor(command.deadline().toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      if (!ended) {
        kill(process);
      }
    }
    if (!ended) {
      throw new CommandTimeoutException(command);
    }
    return new CommandResult(process.exitValue(), stdout.text(), stderr.text());
  }

  @Override
  public RunningCommand start(Command command) throws IOException {
    return new Started(launch(command));
  }

  private static Process launch(Command command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command.argv());
    builder.environment().clear();
    builder.environment().putAll(command.environment());
    return builder.start();
  }

  private static void feed(Command command, Process process) {
    try (OutputStream stdin = process.getOutputStream()) {
      command.input().writeTo(stdin);
    } catch (IOException stoppedReading) {
      // the exit code tells
    }
  }

  private static void kill(Process process) throws InterruptedException {
    // Children first: nsenter and the like do not pass a signal on.
    List<ProcessHandle> family = family(process);
    family.forEach(member -> Signals.send(member.pid(), Signals.INTERRUPT));
    boolean ended = process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    // A program may end and leave children that ignore the interrupt, as a shell's do.
    Stream.concat(ended ? Stream.empty() : family(process).stream(), family.stream())
        .filter(ProcessHandle::isAlive)
        .forEach(ProcessHandle::destroyForcibly);
    process.waitFor();
  }

  private static List<ProcessHandle> family(Process process) {
    return Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
  }

  private record Started(Process process) implements RunningCommand {
    @Override
    public OutputStream stdin() {
      return process.getOutputStream();
    }

    @Override
    public InputStream stdout() {
      return process.getInputStream();
    }

    @Override
    public InputStream stderr() {
      return process.getErrorStream();
    }

    @Override
    public int await() throws InterruptedException {
      return process.waitFor();
    }

    @Override
    public void kill() throws InterruptedException {
      if (process.isAlive()) {
        ProcessRunner.kill(process);
      }
    }
  }

  /** Reads a stream to its end, keeping at most the cap. */
  private static final class Drain {
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private final Thread reader;

    Drain(InputStream in) {
      reader = Thread.ofVirtual().name("drain").start(() -> read(in));
    }

    private void read(InputStream in) {
      byte[] buffer = new byte[8192];
      try (in) {
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          synchronized (kept) {
            kept.write(buffer, 0, Math.min(count, OUTPUT_CAP_BYTES - kept.size()));
          }
        }
      } catch (IOException closed) {
        // the process was killed
      }
    }

    String text() throws InterruptedException {
      reader.join(DRAIN);
      synchronized (kept) {
        return kept.toString(StandardCharsets.UTF_8);
      }
    }
  }
}
