package dev.bottle.agent.seal;

import dev.bottle.agent.host.ProcessIdentity;
import dev.bottle.agent.smolvm.Cage;
import dev.bottle.agent.smolvm.CageSource;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.api.ProbeResult.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Proves the seal of a running machine from both sides. */
public final class HostAndGuestSeal implements SealProver {
  private final HostFacts facts;
  private final GuestProbe probe;
  private final CageSource cages;

  /** What the last proof of a machine compared with, for glances at the same process. */
  private final Map<String, Known> known = new ConcurrentHashMap<>();

  private record Known(ProcessIdentity process, Cage cage) {}

  /** Combines both sides. */
  public HostAndGuestSeal(HostFacts facts, GuestProbe probe, CageSource cages) {
    this.facts = facts;
    this.probe = probe;
    this.cages = cages;
  }

  /** Host facts first: with a leak there, the guest is not asked any more. */
  @Override
  public SealOutcome prove(SealSubject subject) throws InterruptedException {
    Cage cage;
    try {
      cage = cages.cage(subject.machine(), subject.bottleDirectory());
    } catch (RuntimeFailure e) {
      return SealOutcome.of(
          List.of(new ProbeResult("host-mounts", Verdict.Failed, String.valueOf(e.getMessage()))),
          List.of());
    }
    known.values().removeIf(former -> !facts.isAlive(former.process()));
    known.put(subject.machine(), new Known(subject.process(), cage));
    List<ProbeResult> hostFacts = facts.gather(subject, Optional.of(cage));
    boolean leaked = hostFacts.stream().anyMatch(fact -> fact.verdict() == Verdict.Leaked);
    return SealOutcome.of(hostFacts, leaked ? List.of() : probe.run(subject));
  }

  @Override
  public Optional<SealOutcome.Leaked> glance(SealSubject subject) {
    Optional<Cage> cage =
        Optional.ofNullable(known.get(subject.machine()))
            .filter(former -> former.process().equals(subject.process()))
            .map(Known::cage);
    return SealOutcome.of(facts.gather(subject, cage), List.of())
            instanceof SealOutcome.Leaked leaked
        ? Optional.of(leaked)
        : Optional.empty();
  }
}
