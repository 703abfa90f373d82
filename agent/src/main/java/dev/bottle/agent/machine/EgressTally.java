package dev.bottle.agent.machine;

import dev.bottle.agent.report.StatusBoard;
import dev.bottle.crd.api.DeniedHost;
import dev.bottle.crd.api.EgressStatus;
import dev.bottle.crd.api.InspectionFinding;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.control.Finding;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what egress of one Pod refused, and what its inspection found and let go on, and puts it
 * into the status: the first at once, the later ones together, so that a guest that asks in a loop
 * costs one write in a while, and one that asks for nothing costs none. Holds numbers and a few
 * hosts, however many come.
 */
final class EgressTally implements AutoCloseable {
  /** Between two changes of the status. */
  static final Duration PAUSE = Duration.ofSeconds(10);

  private final StatusBoard board;
  private final Clock clock;
  private final Pacing pacing;

  private final Recent<Target, DeniedHost> denied =
      new Recent<>(
          EgressStatus.MAX_LAST, host -> new Target(host.host(), host.port(), host.rule()));
  private final Recent<Found, InspectionFinding> found =
      new Recent<>(
          EgressStatus.MAX_LAST,
          finding -> new Found(finding.host(), finding.rule(), finding.action()));
  private Counts untold = Counts.NONE;
  private boolean closed;

  private record Target(String host, int port, String rule) {}

  private record Found(String host, String rule, InspectionFinding.Action action) {}

  private record Counts(long denied, long observed, long redacted) {
    static final Counts NONE = new Counts(0, 0, 0);
  }

  /**
   * @param clock for what is written
   * @param pause between two changes of the status
   */
  EgressTally(StatusBoard board, Clock clock, Duration pause) {
    this.board = board;
    this.clock = clock;
    this.pacing = new Pacing("egress-tally", pause);
  }

  /**
   * One refusal. Does not block.
   *
   * @param rule a reason of ours
   */
  synchronized void heard(Denial denial, String rule) {
    denied.add(new DeniedHost(denial.host(), denial.port(), rule, now()));
    untold = new Counts(untold.denied + 1, untold.observed, untold.redacted);
    pacing.soon(this::tell);
  }

  /** One finding. Does not block. */
  synchronized void heard(Finding finding) {
    InspectionFinding.Action action =
        switch (finding.action()) {
          case Observe -> InspectionFinding.Action.Observe;
          case Redact -> InspectionFinding.Action.Redact;
        };
    found.add(new InspectionFinding(finding.host(), finding.rule(), action, now()));
    untold =
        switch (action) {
          case Observe -> new Counts(untold.denied, untold.observed + 1, untold.redacted);
          case Redact -> new Counts(untold.denied, untold.observed, untold.redacted + 1);
        };
    pacing.soon(this::tell);
  }

  private String now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private synchronized void tell() {
    if (closed) {
      return;
    }
    Counts more = untold;
    untold = Counts.NONE;
    board.update(former -> former.withEgress(added(former.egress(), more)));
  }

  private EgressStatus added(@Nullable EgressStatus former, Counts more) {
    List<InspectionFinding> findings =
        found.before(
            former == null || former.lastFindings() == null ? List.of() : former.lastFindings());
    return new EgressStatus(
        (former == null ? 0 : former.denied()) + more.denied,
        denied.before(former == null ? List.of() : former.lastDenied()),
        sum(former == null ? null : former.observed(), more.observed),
        sum(former == null ? null : former.redacted(), more.redacted),
        findings.isEmpty() ? null : findings);
  }

  /** Absent as long as there is nothing to count, as it reads back from the API server. */
  private static @Nullable Long sum(@Nullable Long former, long more) {
    long sum = (former == null ? 0 : former) + more;
    return sum == 0 ? null : sum;
  }

  /** Tells nothing more: the status may be another agent's by now. */
  @Override
  public synchronized void close() {
    closed = true;
  }
}
