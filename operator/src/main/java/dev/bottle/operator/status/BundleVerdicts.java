package dev.bottle.operator.status;

import dev.bottle.crd.api.BundleStatus;
import dev.bottle.crd.api.DaemonStatus;
import dev.bottle.crd.condition.Reason;
import dev.bottle.operator.observe.Observation;
import dev.bottle.operator.render.Rendered;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
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
  private static final String GIT_GATE = "git-gate";
  private static final String SUPERVISE = "supervise";
  private static final String PIPELOCK = "pipelock";

  private final Observation observation;
  private final @Nullable Pod pod;
  private final Rendered rendered;

  /**
   * @param pod the Pod of this Bottle, or null when it has none or is losing it
   * @param rendered what it should be
   */
  BundleVerdicts(Observation observation, @Nullable Pod pod, Rendered rendered) {
    this.observation = observation;
    this.pod = pod;
    this.rendered = rendered;
  }

  Verdict tlsReady() {
    if (pod == null) {
      return noPod();
    }
    PodReading reading = new PodReading(pod);
    // A daemon that serves has read its CA, whatever kubelet got round to reporting.
    List<String> inits =
        rendered.withPipelock() ? List.of(TLS_INIT, PIPELOCK_TLS_INIT) : List.of(TLS_INIT);
    if (inits.stream().allMatch(reading::initFinished)
        || report(EGRESS).filter(DaemonStatus::ready).isPresent()) {
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
    for (String name : daemons()) {
      Verdict verdict = daemon(name, new PodReading(pod));
      if (!verdict.holds()) {
        return verdict;
      }
    }
    return Verdict.yes(Reason.DaemonsReady, serving());
  }

  /** What speaks for itself; pipelock has no control socket, and egress speaks for it. */
  private List<String> daemons() {
    List<String> names = new ArrayList<>(List.of(EGRESS));
    if (!rendered.gitSlots().isEmpty()) {
      names.add(GIT_GATE);
    }
    if (rendered.supervised()) {
      names.add(SUPERVISE);
    }
    return names;
  }

  private String serving() {
    List<String> names = new ArrayList<>(daemons());
    if (rendered.withPipelock()) {
      names.add(PIPELOCK);
    }
    return names.size() == 1
        ? names.getFirst() + " serves the current policy"
        : String.join(", ", names.subList(0, names.size() - 1))
            + " and "
            + names.getLast()
            + " serve the current policy";
  }

  /** Empty when neither a route nor a git upstream needs a credential. */
  Optional<Verdict> routesReady() {
    List<RoutesVerdict.Part> parts = new ArrayList<>();
    if (!rendered.slots().isEmpty()) {
      parts.add(new RoutesVerdict.Part(EGRESS, report(EGRESS), rendered.slots()));
    }
    if (!rendered.gitSlots().isEmpty()) {
      parts.add(new RoutesVerdict.Part(GIT_GATE, report(GIT_GATE), rendered.gitSlots()));
    }
    if (parts.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        pod == null
            ? Verdict.unknown(Reason.WaitingForPod, "there is no bundle Pod")
            : RoutesVerdict.of(parts, rendered.policyHash()));
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
      if (daemon.ready() && rendered.policyHash().equals(daemon.policyHash())) {
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
