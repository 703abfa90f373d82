package dev.bottle.agent.machine;

import dev.bottle.agent.control.ControlListener;
import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.agent.seal.GuestProbe;
import dev.bottle.agent.seal.Nonces;
import dev.bottle.crd.api.DaemonStatus;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.ControlMessage;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.control.Finding;
import dev.bottle.crd.control.GitDenial;
import dev.bottle.crd.control.NonceSeen;
import dev.bottle.crd.control.OpenRequests;
import dev.bottle.crd.control.RequestOpen;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what one daemon of one Pod says into status. The daemon's words are cut to size. */
final class DaemonReports implements ControlListener {
  private static final Logger LOG = LoggerFactory.getLogger(DaemonReports.class);
  private static final int MAX_MESSAGE = 512;

  /** git-gate's word for it. */
  private static final String CANARY = "Canary";

  private static final Set<String> REASONS =
      Arrays.stream(Reason.values()).map(Reason::name).collect(Collectors.toSet());

  private final Daemon daemon;
  private final String pod;
  private final StatusBoard board;
  private final Nonces nonces;
  private final EgressTally tally;
  private final GitTally git;
  private final RequestBook requests;
  private final CanaryTrip canary;
  private final MeterRegistry meters;
  private final Runnable wake;

  DaemonReports(
      Daemon daemon,
      String pod,
      StatusBoard board,
      Nonces nonces,
      EgressTally tally,
      GitTally git,
      RequestBook requests,
      CanaryTrip canary,
      MeterRegistry meters,
      Runnable wake) {
    this.daemon = daemon;
    this.pod = pod;
    this.board = board;
    this.nonces = nonces;
    this.tally = tally;
    this.git = git;
    this.requests = requests;
    this.canary = canary;
    this.meters = meters;
    this.wake = wake;
  }

  @Override
  public void heard(ControlMessage message) {
    if (!isTheirs(message)) {
      LOG.atWarn()
          .addKeyValue("daemon", daemon.wireName())
          .log("a {} is not this daemon's to say", message.getClass().getSimpleName());
      return;
    }
    switch (message) {
      case DaemonState state -> state(state);
      case NonceSeen seen -> nonces.seen(pod, seen.nonce());
      case Denial denial -> denied(denial);
      case Finding finding -> found(finding);
      case GitDenial denial -> refused(denial);
      case RequestOpen request -> requests.heard(request);
      case OpenRequests open -> requests.heard(open);
    }
  }

  /** Each says what it can know: none but egress sees the nonce of the seal's proof. */
  private boolean isTheirs(ControlMessage message) {
    return switch (message) {
      case DaemonState _ -> true;
      case NonceSeen _, Denial _, Finding _ -> daemon == Daemon.EGRESS;
      case GitDenial _ -> daemon == Daemon.GIT_GATE;
      case RequestOpen _, OpenRequests _ -> daemon == Daemon.SUPERVISE;
    };
  }

  @Override
  public void lost(String why) {
    set(
        new DaemonStatus(
            daemon.wireName(), false, pod, null, Reason.WaitingForDaemons.name(), cut(why), null));
  }

  private void denied(Denial denial) {
    if (denial.host().equals(GuestProbe.NOT_ALLOWED)) {
      return; // the seal's own question, every five minutes: nothing that a person should count
    }
    String rule = known(denial.rule(), "Unknown");
    meters.counter("bottle_denials", "rule", rule).increment();
    tally.heard(denial, rule);
    if (rule.equals(Reason.CanaryFound.name())) {
      canary.tripped(denial.host() + ":" + denial.port());
    }
  }

  private void refused(GitDenial denial) {
    meters.counter("bottle_git_denials").increment();
    git.heard(denial);
    if (denial.rule().equals(CANARY)) {
      canary.tripped("git upstream " + denial.upstream());
    }
  }

  /** The rule is a daemon's word and names no metric: it could have as many as it likes. */
  private void found(Finding finding) {
    meters.counter("bottle_findings", "action", finding.action().name()).increment();
    tally.heard(finding);
  }

  private void state(DaemonState state) {
    String reason = state.reason();
    set(
        new DaemonStatus(
            daemon.wireName(),
            state.ready(),
            pod,
            state.policyHash(),
            reason == null ? null : known(reason, Reason.WaitingForDaemons.name()),
            cut(state.message()),
            state.emptySlots().isEmpty() ? null : state.emptySlots()));
  }

  private void set(DaemonStatus status) {
    if (board.current().daemons().contains(status)) {
      return;
    }
    board.update(former -> {
      List<DaemonStatus> daemons = new ArrayList<>(former.daemons());
      daemons.removeIf(other -> other.name().equals(status.name()));
      daemons.add(status);
      return former.withDaemons(daemons);
    });
    wake.run();
  }

  private static String known(String reason, String otherwise) {
    return REASONS.contains(reason) ? reason : otherwise;
  }

  private static @Nullable String cut(@Nullable String message) {
    return message == null || message.length() <= MAX_MESSAGE
        ? message
        : message.substring(0, MAX_MESSAGE);
  }
}
