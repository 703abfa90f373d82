package dev.bottle.system.emulated;

import java.time.Duration;
import java.time.Instant;

/** Lines on standard error: whoever waits for minutes wants to know for what. */
final class Progress {
  private static final Instant BEGIN = Instant.now();

  private Progress() {}

  static void say(String what) {
    System.err.printf(
        "emulated node %4ds  %s%n", Duration.between(BEGIN, Instant.now()).toSeconds(), what);
  }
}
