package dev.bottle.agent.machine;

import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.api.SealStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * When this agent last proved the seal. It is not in the status: a proof that is renewed every few
 * minutes would be a write every few minutes. An agent that just started has proven nothing, so it
 * renews at once. Used by the reconciler's thread only.
 */
final class SealAge {
  /** How old a proof may be. */
  static final Duration LIMIT = Duration.ofMinutes(5);

  private record Proven(String podUID, String policyHash, String bootId, Instant at) {}

  private Optional<Proven> last = Optional.empty();

  /** The seal was proven now. */
  void proven(SealStatus proof, Instant now) {
    last = Optional.of(new Proven(proof.podUID(), proof.policyHash(), proof.bootId(), now));
  }

  /** Whether this proof must be renewed. */
  boolean isOld(SealStatus proof, Instant now) {
    return last.filter(known ->
            known.podUID().equals(proof.podUID())
                && known.policyHash().equals(proof.policyHash())
                && known.bootId().equals(proof.bootId())
                && Duration.between(known.at(), now).abs().compareTo(LIMIT) < 0)
        .isEmpty();
  }

  /** Whether a renewed proof says nothing that the former does not. */
  static boolean saysTheSame(SealStatus former, SealStatus renewed) {
    return former.podUID().equals(renewed.podUID())
        && former.policyHash().equals(renewed.policyHash())
        && former.bootId().equals(renewed.bootId())
        && verdicts(former).equals(verdicts(renewed));
  }

  private static List<List<String>> verdicts(SealStatus proof) {
    return proof.probes().stream().map(SealAge::verdict).toList();
  }

  private static List<String> verdict(ProbeResult probe) {
    return List.of(probe.name(), probe.verdict().name());
  }
}
