package dev.bottle.agent.preflight;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the preflight concluded of this node. */
public sealed interface Fitness {
  /**
   * Machines may run.
   *
   * @param warnings what is not as it should be and stops nothing
   */
  record Fit(RuntimeVersion runtime, List<String> warnings) implements Fitness {
    /** Copies what it is given. */
    public Fit {
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * No machine is started.
   *
   * @param findings at least one
   */
  record Unfit(List<Finding> findings) implements Fitness {
    /** Copies what it is given. */
    public Unfit {
      findings = List.copyOf(findings);
      if (findings.isEmpty()) {
        throw new IllegalArgumentException("a node is unfit for a reason");
      }
    }
  }

  /** {@code Fit} or {@code Unfit}. */
  default String word() {
    return switch (this) {
      case Fit fit -> "Fit";
      case Unfit unfit -> "Unfit";
    };
  }

  /** What a person should know, one line. */
  default String message() {
    return switch (this) {
      case Fit(RuntimeVersion runtime, List<String> warnings) ->
          Stream.concat(
                  Stream.of(
                      "smolvm "
                          + runtime.word()
                          + (runtime.isStandIn()
                              ? ", a stand-in: guests are containers, not virtual machines"
                              : " boots a machine")),
                  warnings.stream())
              .collect(Collectors.joining("; "));
      case Unfit(List<Finding> findings) ->
          findings.stream().map(Finding::toString).collect(Collectors.joining(" "));
    };
  }

  /** Why no machine may start; empty when one may. */
  default Optional<String> obstacle() {
    return switch (this) {
      case Fit fit -> Optional.empty();
      case Unfit unfit -> Optional.of(message());
    };
  }
}
