package dev.bottle.agent.seal;

import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.api.ProbeResult.Verdict;
import dev.bottle.crd.condition.Reason;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The verdict over all facts and probes. */
public sealed interface SealOutcome {
  /** What was looked at. */
  List<ProbeResult> probes();

  /** Everything is sealed. */
  record Proven(List<ProbeResult> probes) implements SealOutcome {}

  /** Something got out or may have: the machine must be stopped. */
  record Leaked(Reason reason, String message, List<ProbeResult> probes) implements SealOutcome {}

  /** Nothing leaked, but not everything was answered: try again. */
  record Unproven(String message, List<ProbeResult> probes) implements SealOutcome {}

  /** A leak outweighs everything; silence is no proof. */
  static SealOutcome of(List<ProbeResult> facts, List<ProbeResult> guestProbes) {
    List<ProbeResult> all = Stream.concat(facts.stream(), guestProbes.stream()).toList();
    if (has(facts, Verdict.Leaked)) {
      return new Leaked(Reason.HostFactMismatch, describe(facts, Verdict.Leaked), all);
    }
    if (has(guestProbes, Verdict.Leaked)) {
      return new Leaked(Reason.ProbeLeaked, describe(guestProbes, Verdict.Leaked), all);
    }
    if (facts.isEmpty() || guestProbes.isEmpty()) {
      return new Unproven("nothing was looked at on one side", all);
    }
    if (has(all, Verdict.Failed)) {
      return new Unproven(describe(all, Verdict.Failed), all);
    }
    return new Proven(all);
  }

  private static boolean has(List<ProbeResult> probes, Verdict verdict) {
    return probes.stream().anyMatch(probe -> probe.verdict() == verdict);
  }

  private static String describe(List<ProbeResult> probes, Verdict verdict) {
    return probes.stream()
        .filter(probe -> probe.verdict() == verdict)
        .map(probe -> probe.name() + ": " + probe.detail())
        .collect(Collectors.joining("; "));
  }
}
