package dev.bottle.bundle.egress.fuzz;

import dev.bottle.bundle.egress.exchange.RequestFuzz;
import dev.bottle.bundle.egress.exchange.TargetFuzz;
import dev.bottle.bundle.egress.inspection.BodyFuzz;
import java.util.Locale;

/** What is fuzzed: all that a guest or a policy's writer can send into egress. */
enum FuzzTarget {
  REQUEST(RequestFuzz.class, 600),
  TARGET(TargetFuzz.class, 200),
  POLICY(PolicyFuzz.class, 2000),
  BODY(BodyFuzz.class, 1500);

  private final Class<?> type;
  private final int most;

  FuzzTarget(Class<?> type, int most) {
    this.type = type;
    this.most = most;
  }

  /** The class that Jazzer calls. */
  Class<?> type() {
    return type;
  }

  /** Tries one input; throws when it breaks something. */
  void fuzz(byte[] input) {
    switch (this) {
      case REQUEST -> RequestFuzz.fuzzerTestOneInput(input);
      case TARGET -> TargetFuzz.fuzzerTestOneInput(input);
      case POLICY -> PolicyFuzz.fuzzerTestOneInput(input);
      case BODY -> BodyFuzz.fuzzerTestOneInput(input);
    }
  }

  /** The longest input, in bytes. */
  int most() {
    return most;
  }

  /** The name of its corpus. */
  String corpus() {
    return name().toLowerCase(Locale.ROOT);
  }
}
