package dev.bottle.system.benchmark;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** How long egress takes from its start to its first healthy answer. */
final class Starts {
  private Starts() {}

  /** Of so many, in milliseconds. */
  static double median(EgressDaemon daemon, int count) throws IOException {
    List<Duration> durations = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      try (Program program = daemon.start()) {
        durations.add(program.awaitReady(daemon::isReady));
      }
    }
    Collections.sort(durations);
    return durations.get(count / 2).toNanos() / 1e6;
  }
}
