package dev.bottle.agent.machine;

import dev.bottle.agent.report.StatusBoard;
import dev.bottle.crd.api.DeniedHost;
import dev.bottle.crd.api.EgressStatus;
import dev.bottle.crd.control.Denial;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what egress of one Pod refused, and puts it into the status: the first at once, the later
 * ones together, so that a guest that asks in a loop costs one write in a while, and one that asks
 * for nothing costs none. Holds a number and a few hosts, however many come.
 */
final class Denials implements AutoCloseable {
  /** Between two changes of the status. */
  static final Duration PAUSE = Duration.ofSeconds(10);

  private final StatusBoard board;
  private final Clock clock;
  private final Duration pause;

  private final SequencedMap<Target, DeniedHost> last = new LinkedHashMap<>();
  private long untold;
  private boolean due;
  private @Nullable Long toldNanos;
  private boolean closed;

  private record Target(String host, int port, String rule) {}

  /**
   * @param clock for what is written
   * @param pause between two changes of the status
   */
  Denials(StatusBoard board, Clock clock, Duration pause) {
    this.board = board;
    this.clock = clock;
    this.pause = pause;
  }

  /**
   * One refusal. Does not block.
   *
   * @param rule a reason of ours
   */
  synchronized void heard(Denial denial, String rule) {
    Target target = new Target(denial.host(), denial.port(), rule);
    last.remove(target);
    last.putFirst(
        target,
        new DeniedHost(
            target.host(),
            target.port(),
            target.rule(),
            clock.instant().truncatedTo(ChronoUnit.SECONDS).toString()));
    if (last.size() > EgressStatus.MAX_LAST) {
      last.pollLastEntry();
    }
    untold++;
    if (!due) {
      due = true;
      later().execute(this::tell);
    }
  }

  private Executor later() {
    long passed = toldNanos == null ? pause.toNanos() : System.nanoTime() - toldNanos;
    return CompletableFuture.delayedExecutor(
        Math.max(0, pause.toNanos() - passed),
        TimeUnit.NANOSECONDS,
        task -> Thread.ofVirtual().name("denials").start(task));
  }

  private synchronized void tell() {
    due = false;
    if (closed) {
      return;
    }
    long more = untold;
    List<DeniedHost> hosts = List.copyOf(last.values());
    untold = 0;
    toldNanos = System.nanoTime();
    board.update(former -> former.withEgress(added(former.egress(), more, hosts)));
  }

  private static EgressStatus added(
      @Nullable EgressStatus former, long more, List<DeniedHost> hosts) {
    SequencedMap<Target, DeniedHost> all = new LinkedHashMap<>();
    Stream.concat(hosts.stream(), former == null ? Stream.empty() : former.lastDenied().stream())
        .forEach(host -> all.putIfAbsent(new Target(host.host(), host.port(), host.rule()), host));
    return new EgressStatus(
        (former == null ? 0 : former.denied()) + more,
        all.values().stream().limit(EgressStatus.MAX_LAST).toList());
  }

  /** Tells nothing more: the status may be another agent's by now. */
  @Override
  public synchronized void close() {
    closed = true;
  }
}
