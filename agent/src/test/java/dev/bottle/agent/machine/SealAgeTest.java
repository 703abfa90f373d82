package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.api.ProbeResult.Verdict;
import dev.bottle.crd.api.SealStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class SealAgeTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final SealStatus PROOF = proof("boot-1", "lo");

  private final SealAge age = new SealAge();

  @Test
  void aProofOfAnEarlierAgentIsOld() {
    assertThat(age.isOld(PROOF, NOW)).isTrue();
  }

  @Test
  void aProofCountsForFiveMinutes() {
    age.proven(PROOF, NOW);
    assertThat(age.isOld(PROOF, NOW.plus(SealAge.LIMIT.minusMillis(1)))).isFalse();
    assertThat(age.isOld(PROOF, NOW.plus(SealAge.LIMIT))).isTrue();
  }

  @Test
  void aClockThatJumpsBackMakesItOld() {
    age.proven(PROOF, NOW);
    assertThat(age.isOld(PROOF, NOW.minus(Duration.ofHours(1)))).isTrue();
  }

  @Test
  void aProofOfAnotherBootIsNoProof() {
    age.proven(PROOF, NOW);
    assertThat(age.isOld(proof("boot-2", "lo"), NOW)).isTrue();
  }

  @Test
  void onlyWhatItSaysIsWrittenAgain() {
    assertThat(SealAge.saysTheSame(PROOF, proof("boot-1", "lo, dummy0 (down)"))).isTrue();
    assertThat(SealAge.saysTheSame(PROOF, proof("boot-2", "lo"))).isFalse();
  }

  private static SealStatus proof(String boot, String detail) {
    return new SealStatus(
        NOW.toString(),
        "pod-1",
        "policy",
        boot,
        List.of(new ProbeResult("interfaces", Verdict.Sealed, detail)));
  }
}
