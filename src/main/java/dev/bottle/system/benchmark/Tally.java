package dev.bottle.system.benchmark;

import java.io.IOException;
import java.time.Duration;
import org.HdrHistogram.Histogram;

/** What one subject's requests took, round after round. */
final class Tally {
  private final Subject subject;
  private final Histogram durations = Load.histogram();
  private Duration cpu = Duration.ZERO;

  Tally(Subject subject) {
    this.subject = subject;
  }

  Subject subject() {
    return subject;
  }

  Histogram durations() {
    return durations;
  }

  /** The CPU of everything that was counted. */
  Duration cpu() {
    return cpu;
  }

  /** Something whose CPU counts. */
  @FunctionalInterface
  interface Action {
    void run() throws IOException;
  }

  void count(Action action) throws IOException {
    Duration before = subject.cpu();
    action.run();
    cpu = cpu.plus(subject.cpu()).minus(before);
  }
}
