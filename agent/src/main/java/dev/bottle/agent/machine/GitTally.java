package dev.bottle.agent.machine;

import dev.bottle.agent.report.BottleRef;
import dev.bottle.agent.report.EventRecorder;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.crd.api.DeniedGitRequest;
import dev.bottle.crd.api.GitStatus;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.GitDenial;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what git-gate of one Pod refused and puts it into the status and an Event: the first at
 * once, the later ones together, as {@link EgressTally} does.
 */
final class GitTally implements AutoCloseable {
  private final BottleRef bottle;
  private final StatusBoard board;
  private final EventRecorder events;
  private final Clock clock;
  private final Pacing pacing;
  private final Recent<Blamed, DeniedGitRequest> denied =
      new Recent<>(
          GitStatus.MAX_LAST,
          request -> new Blamed(request.upstream(), request.ref(), request.rule(), request.file()));
  private long untold;
  private boolean closed;

  private record Blamed(
      String upstream, @Nullable String ref, String rule, @Nullable String file) {}

  /**
   * @param clock for what is written
   * @param pause between two changes of the status
   */
  GitTally(BottleRef bottle, StatusBoard board, EventRecorder events, Clock clock, Duration pause) {
    this.bottle = bottle;
    this.board = board;
    this.events = events;
    this.clock = clock;
    this.pacing = new Pacing("git-tally", pause);
  }

  /** One refusal. Does not block. */
  synchronized void heard(GitDenial denial) {
    denied.add(
        new DeniedGitRequest(
            denial.upstream(),
            denial.ref(),
            denial.rule(),
            denial.file(),
            clock.instant().truncatedTo(ChronoUnit.SECONDS).toString()));
    untold++;
    pacing.soon(this::tell);
    events.warn(bottle, Reason.GitRequestRefused, message(denial));
  }

  private static String message(GitDenial denial) {
    return "git-gate refused "
        + (denial.ref() == null ? "a request to " : denial.ref() + " of ")
        + denial.upstream()
        + ": "
        + denial.rule()
        + (denial.file() == null ? "" : " in " + denial.file())
        + ".";
  }

  private synchronized void tell() {
    if (closed) {
      return;
    }
    long more = untold;
    untold = 0;
    board.update(former -> former.withGit(added(former.git(), more)));
  }

  private GitStatus added(@Nullable GitStatus former, long more) {
    return former == null
        ? new GitStatus(more, denied.before(List.of()))
        : new GitStatus(former.denied() + more, denied.before(former.lastDenied()));
  }

  /** Tells nothing more: the status may be another agent's by now. */
  @Override
  public synchronized void close() {
    closed = true;
  }
}
