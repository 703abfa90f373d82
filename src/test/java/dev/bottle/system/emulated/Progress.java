package dev.bottle.system.emulated;

import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/** Lines on standard error: whoever waits for minutes wants to know for what. */
final class Progress {
  private Progress() {}

  static void say(String what) {
    System.err.printf(
        "%s  emulated node: %s%n",
        LocalTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.SECONDS), what);
  }
}
