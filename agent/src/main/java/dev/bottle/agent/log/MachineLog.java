package dev.bottle.agent.log;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The story of one machine. Nobody who adds to it ever waits: it holds a bounded number of lines
 * until somebody listens, and says how many more there were. Files are read only while somebody
 * listens, one small piece a second, so a guest that floods its console costs next to nothing.
 */
public final class MachineLog {
  private static final int HELD_LINES = 500;

  private final List<LogFile> files;
  private final Duration pace;
  private final BlockingQueue<LogLine> said = new ArrayBlockingQueue<>(HELD_LINES);
  private final AtomicLong dropped = new AtomicLong();
  private final ReentrantLock listening = new ReentrantLock();
  private final Queue<LogLine> read = new ArrayDeque<>();

  /** Shows these files beside what is said. */
  public MachineLog(List<LogFile> files) {
    this(files, Duration.ofSeconds(1));
  }

  MachineLog(List<LogFile> files, Duration pace) {
    this.files = List.copyOf(files);
    this.pace = pace;
  }

  /** Of a machine that has nothing to say. */
  public static MachineLog silent() {
    return new MachineLog(List.of());
  }

  /** Adds a line of the agent's own. */
  public void say(String line) {
    if (!said.offer(new LogLine(LogLine.AGENT, line))) {
      dropped.incrementAndGet();
    }
  }

  /** Waits for the next line. Each line goes to one listener. */
  public LogLine next() throws InterruptedException {
    listening.lockInterruptibly();
    try {
      while (true) {
        LogLine line = read.poll();
        if (line == null) {
          line = nextSaid();
        }
        if (line != null) {
          return line;
        }
        files.forEach(file -> read.addAll(file.read()));
      }
    } finally {
      listening.unlock();
    }
  }

  private @Nullable LogLine nextSaid() throws InterruptedException {
    LogLine line = said.poll(pace.toMillis(), TimeUnit.MILLISECONDS);
    long missing = said.isEmpty() ? dropped.getAndSet(0) : 0;
    if (missing > 0) {
      read.add(new LogLine(LogLine.AGENT, missing + " lines dropped"));
    }
    return line;
  }
}
