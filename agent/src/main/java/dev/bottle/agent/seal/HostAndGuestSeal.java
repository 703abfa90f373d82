package dev.bottle.agent.seal;

import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.api.ProbeResult.Verdict;
import java.util.List;
import java.util.Optional;

/** Proves the seal of a running machine from both sides. */
public final class HostAndGuestSeal implements SealProver {
  private final HostFacts facts;
  private final GuestProbe probe;

  /** Combines both sides. */
  public HostAndGuestSeal(HostFacts facts, GuestProbe probe) {
    this.facts = facts;
    this.probe = probe;
  }

  /** Host facts first: with a leak there, the guest is not asked any more. */
  @Override
  public SealOutcome prove(SealSubject subject) throws InterruptedException {
    List<ProbeResult> hostFacts = facts.gather(subject);
    boolean leaked = hostFacts.stream().anyMatch(fact -> fact.verdict() == Verdict.Leaked);
    return SealOutcome.of(hostFacts, leaked ? List.of() : probe.run(subject));
  }

  @Override
  public Optional<SealOutcome.Leaked> glance(SealSubject subject) {
    return SealOutcome.of(facts.gather(subject), List.of()) instanceof SealOutcome.Leaked leaked
        ? Optional.of(leaked)
        : Optional.empty();
  }
}
