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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what git-gate of one Pod refused and puts it into the status: the first at once, the
 * later ones together, as {@link EgressTally} does. What held a secret is an Event, too, and is
 * kept apart: refusals that a guest can have without end push none of it out.
 */
final class GitTally implements AutoCloseable {
  private final BottleRef bottle;
  private final StatusBoard board;
  private final EventRecorder events;
  private final Clock clock;
  private final Pacing pacing;
  private final Recent<Blamed, DeniedGitRequest> secrets =
      new Recent<>(GitStatus.MAX_LAST, Blamed::of);
  private final Recent<Blamed, DeniedGitRequest> others =
      new Recent<>(GitStatus.MAX_LAST, Blamed::of);
  private long untold;
  private boolean closed;

  private record Blamed(String upstream, @Nullable String ref, String rule, @Nullable String file) {
    /** A guest makes up names without end of upstreams that there are not: they are one. */
    static Blamed of(DeniedGitRequest request) {
      return request.rule().equals("UnknownUpstream")
          ? new Blamed("", null, request.rule(), null)
          : new Blamed(request.upstream(), request.ref(), request.rule(), request.file());
    }
  }

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
    (denial.secret() ? secrets : others)
        .add(
            new DeniedGitRequest(
                denial.upstream(),
                denial.ref(),
                denial.rule(),
                denial.file(),
                denial.secret() ? true : null,
                clock.instant().truncatedTo(ChronoUnit.SECONDS).toString()));
    untold++;
    pacing.soon(this::tell);
    if (denial.secret()) {
      events.warn(bottle, Reason.SecretInPush, message(denial));
    }
  }

  private static String message(GitDenial denial) {
    return "git-gate found a secret in a push to "
        + denial.upstream()
        + " and refused it: "
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
    List<DeniedGitRequest> told = former == null ? List.of() : former.lastDenied();
    return new GitStatus(
        (former == null ? 0 : former.denied()) + more,
        Stream.concat(
                secrets.before(told.stream().filter(GitTally::isSecret).toList()).stream(),
                others.before(told.stream().filter(each -> !isSecret(each)).toList()).stream())
            .toList());
  }

  private static boolean isSecret(DeniedGitRequest request) {
    return Boolean.TRUE.equals(request.secret());
  }

  /** Tells nothing more: the status may be another agent's by now. */
  @Override
  public synchronized void close() {
    closed = true;
  }
}
