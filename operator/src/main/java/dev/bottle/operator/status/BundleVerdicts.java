package dev.bottle.operator.status;

import dev.bottle.crd.api.BundleStatus;
import dev.bottle.crd.api.DaemonStatus;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.policy.TokenSlot;
import dev.bottle.operator.observe.Observation;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * TLSReady and BundleReady. What the daemons told the agent counts at once; kubelet's view of the
 * Pod is a second or more behind and serves to explain failures.
 */
final class BundleVerdicts {
  private static final String TLS_INIT = "tls-init";
  private static final String PIPELOCK_TLS_INIT = "pipelock-tls-init";
  private static final String EGRESS = "egress";
  private static final String PIPELOCK = "pipelock";

  /** What speaks for itself; pipelock has no control socket, and egress speaks for it. */
  private static final List<String> DAEMONS = List.of(EGRESS);

  private final Observation observation;
  private final @Nullable Pod pod;
  private final String policyHash;
  private final boolean withPipelock;

  /**
   * @param pod the Pod of this Bottle, or null when it has none or is losing it
   * @param policyHash of the rendered policy
   * @param withPipelock whether the rendered Pod has one
   */
  BundleVerdicts(
      Observation observation, @Nullable Pod pod, String policyHash, boolean withPipelock) {
    this.observation = observation;
    this.pod = pod;
    this.policyHash = policyHash;
    this.withPipelock = withPipelock;
  }

  Verdict tlsReady() {
    if (pod == null) {
      return noPod();
    }
    PodReading reading = new PodReading(pod);
    // A daemon that serves has read its CA, whatever kubelet got round to reporting.
    List<String> inits = withPipelock ? List.of(TLS_INIT, PIPELOCK_TLS_INIT) : List.of(TLS_INIT);
    if (inits.stream().allMatch(reading::initFinished)
        || DAEMONS.stream()
            .anyMatch(name -> report(name).filter(DaemonStatus::ready).isPresent())) {
      return Verdict.yes(Reason.CertificatesIssued, "the certificate authority of this Pod exists");
    }
    return waiting(reading)
        .or(() ->
            inits.stream()
                .flatMap(init -> reading.initFailure(init).stream())
                .findFirst()
                .map(failure -> Verdict.no(Reason.TLSInitFailed, failure)))
        .orElseGet(
            () -> Verdict.no(Reason.WaitingForTLSInit, "tls-init has not finished in this Pod"));
  }

  Verdict bundleReady() {
    if (pod == null) {
      return noPod();
    }
    for (String name : DAEMONS) {
      Verdict verdict = daemon(name, new PodReading(pod));
      if (!verdict.holds()) {
        return verdict;
      }
    }
    return Verdict.yes(
        Reason.DaemonsReady,
        withPipelock
            ? "egress and pipelock serve the current policy"
            : String.join(", ", DAEMONS) + " serves the current policy");
  }

  /** Empty when no route needs a credential. */
  Optional<Verdict> routesReady(List<TokenSlot> slots) {
    if (slots.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        pod == null
            ? Verdict.unknown(Reason.WaitingForPod, "there is no bundle Pod")
            : RoutesVerdict.of(report(EGRESS), slots, policyHash));
  }

  private Verdict daemon(String name, PodReading reading) {
    Optional<DaemonStatus> report = report(name);
    if (report.isPresent()) {
      DaemonStatus daemon = report.get();
      if (Reason.PolicyInvalid.name().equals(daemon.reason())) {
        return Verdict.no(Reason.PolicyInvalid, name + ": " + text(daemon.message()));
      }
      if (Reason.PipelockUnavailable.name().equals(daemon.reason())) {
        return pipelockDown(daemon, reading);
      }
      if (daemon.ready() && policyHash.equals(daemon.policyHash())) {
        return Verdict.yes(Reason.DaemonsReady, name + " serves the current policy");
      }
      if (daemon.ready()) {
        return Verdict.no(Reason.PolicyPending, name + " still serves the former policy");
      }
    }
    return waiting(reading)
        .or(() -> reading.crash(name).map(crash -> Verdict.no(Reason.WaitingForDaemons, crash)))
        .orElseGet(() ->
            Verdict.no(
                Reason.WaitingForDaemons,
                report
                    .map(DaemonStatus::message)
                    .map(message -> name + ": " + message)
                    .orElse(name + " has not reported that it serves")));
  }

  /** Why, when kubelet knows it: an image that cannot be pulled, or pipelock's own last words. */
  private Verdict pipelockDown(DaemonStatus egress, PodReading reading) {
    return waiting(reading)
        .orElseGet(() ->
            Verdict.no(
                Reason.PipelockUnavailable,
                reading.crash(PIPELOCK).orElseGet(() -> text(egress.message()))));
  }

  private Optional<Verdict> waiting(PodReading reading) {
    return reading.unschedulable().or(reading::imagePullFailed);
  }

  /** What the daemon of this very Pod reported. */
  private Optional<DaemonStatus> report(String name) {
    BundleStatus bundle = observation.status().bundle();
    if (pod == null || bundle == null || bundle.daemons() == null) {
      return Optional.empty();
    }
    String podUID = pod.getMetadata().getUid();
    return bundle.daemons().stream()
        .filter(daemon -> name.equals(daemon.name()) && podUID.equals(daemon.podUID()))
        .findFirst();
  }

  private static Verdict noPod() {
    return Verdict.no(Reason.WaitingForPod, "there is no bundle Pod");
  }

  private static String text(@Nullable String message) {
    return message == null ? "no message" : message;
  }
}
