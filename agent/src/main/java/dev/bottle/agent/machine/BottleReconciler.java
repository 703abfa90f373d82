package dev.bottle.agent.machine;

import dev.bottle.agent.gate.GateMachine;
import dev.bottle.agent.host.NodePaths;
import dev.bottle.agent.host.ProcessIdentity;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.agent.image.ImageFailure;
import dev.bottle.agent.log.LogFile;
import dev.bottle.agent.log.MachineLog;
import dev.bottle.agent.report.AgentStatus;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.agent.seal.SealOutcome;
import dev.bottle.agent.seal.SealSubject;
import dev.bottle.agent.smolvm.MachineRecord;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.agent.volume.UntrustedVolumeException;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.condition.ConditionStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.names.Names;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the machine of one Bottle to what the Bottle asks, in one thread of its own: observe,
 * decide, report, act, until there is nothing to do; then it waits to be woken.
 */
public final class BottleReconciler implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BottleReconciler.class);
  private static final Duration VOLUME_RETRY = Duration.ofMillis(200);
  private static final Duration AFTER_BUG = Duration.ofSeconds(10);
  private static final Duration AFTER_SILENCE = Duration.ofSeconds(5);

  private final BottleRef bottle;
  private final Node node;
  private final WishReader wishes;
  private final BottleLookup lookup;
  private final StatusBoard board;
  private final Observer observer;
  private final Act act;
  private final PodLinks links;
  private final Retries retries;
  private final StatusOf statusOf;
  private final PeopleSessions people;
  private final MachineLog log;
  private final Narrator narrator;
  private final ImageRequest image = new ImageRequest();
  private final Semaphore wakeups = new Semaphore(0);
  private final CompletableFuture<Void> finished = new CompletableFuture<>();
  private final Thread thread;

  private final AtomicReference<Optional<Bottle>> latest = new AtomicReference<>(Optional.empty());
  private final AtomicReference<Optional<Ending>> ending = new AtomicReference<>(Optional.empty());
  private volatile Optional<ProcessIdentity> process = Optional.empty();
  private volatile Optional<SealSubject> guarded = Optional.empty();
  private final AtomicReference<Optional<Leak>> leak = new AtomicReference<>(Optional.empty());
  private Optional<Bottle> basis = Optional.empty();
  private @Nullable Wish lastWish;

  private record Ending(String pod, CompletableFuture<Void> stopped) {}

  /** Found between two passes; its machine's process is killed already. */
  private record Leak(String pod, SealOutcome.Leaked outcome) {}

  /**
   * Begins at the first {@link #seen} or {@link #vanished}.
   *
   * @param board holds what the API server has of this Bottle's agent-owned status
   */
  public BottleReconciler(
      BottleRef bottle,
      Node node,
      WishReader wishes,
      BottleLookup lookup,
      StatusBoard board,
      RandomGenerator random) {
    String machine = Names.machine(bottle.uid());
    this.bottle = bottle;
    this.node = node;
    this.wishes = wishes;
    this.lookup = lookup;
    this.board = board;
    this.retries = new Retries(node.clock(), random);
    this.statusOf = new StatusOf(machine, node.clock());
    this.people = new PeopleSessions(node.runtime(), machine);
    this.log = log(node.paths(), machine);
    this.narrator = new Narrator(log, node.journal(), machine, board);
    SealAge sealAge = new SealAge();
    this.observer = new Observer(node, bottle.uid(), machine, sealAge, this::wake);
    this.links = new PodLinks(node, bottle, board, this::wake);
    this.act = new Act(node, bottle, machine, board, links, image, this::gate, sealAge, this::wake);
    this.thread = Thread.ofVirtual().name("bottle-" + bottle).unstarted(this::loop);
  }

  /**
   * The Bottle is or has become this.
   *
   * @return false when this reconciler has finished; then the news is for another one
   */
  public boolean seen(Bottle current) {
    return begin(Optional.of(current));
  }

  /**
   * The Bottle is not among this node's any more; the API server is asked what that means.
   *
   * @return false when this reconciler has finished
   */
  public boolean vanished() {
    return begin(Optional.empty());
  }

  /** Completes when nothing of a vanished Bottle is left on this node. */
  public CompletableFuture<Void> finished() {
    return finished.copy();
  }

  /**
   * Wakes the reconciler when its machine's process has died, and kills that process at once when
   * the host's own facts show a leak. Cheap; called twice a second.
   */
  public void checkProcess() {
    if (process.filter(running -> !node.processes().isAlive(running)).isPresent()) {
      process = Optional.empty();
      guarded = Optional.empty();
      wake();
      return;
    }
    guarded.ifPresent(this::guard);
  }

  private void guard(SealSubject subject) {
    Optional<SealOutcome.Leaked> leaked = node.seals().glance(subject);
    if (leaked.isPresent()) {
      node.processes().kill(subject.process());
      guarded = Optional.empty();
      leak.set(Optional.of(new Leak(subject.podUid(), leaked.get())));
      wake();
    }
  }

  private static MachineLog log(NodePaths paths, String machine) {
    String directory = NodePaths.machineDirectory(machine);
    return new MachineLog(
        List.of(
            new LogFile(paths.machineDirectories(), directory + "/agent-console.log", "console"),
            new LogFile(paths.machineDirectories(), directory + "/workload.log", "workload")));
  }

  /** This machine as the gate of that Pod sees it. */
  GateMachine gate(String pod) {
    return new PodGate(pod);
  }

  private final class PodGate implements GateMachine {
    private final String pod;

    PodGate(String pod) {
      this.pod = pod;
    }

    @Override
    public RunningCommand open(List<String> command) throws RuntimeFailure {
      if (process.isEmpty()) {
        throw new RuntimeFailure(
            Reason.MachineNotRunning, "the machine of " + bottle + " does not run.");
      }
      List<String> argv = new ArrayList<>(List.of("/opt/bottle/bin/bottle-tool", "exec", "--"));
      argv.addAll(command);
      return people.open(argv);
    }

    @Override
    public void held() {
      // A gate container that was started again: its Pod did not end.
      ending.updateAndGet(asked -> asked.filter(other -> !other.pod().equals(pod)));
    }

    @Override
    public MachineLog log() {
      return log;
    }

    @Override
    public CompletableFuture<Void> terminate() {
      Ending asked = new Ending(pod, new CompletableFuture<>());
      ending.set(Optional.of(asked));
      wake();
      return asked.stopped();
    }

    @Override
    public void told() {
      links.told(pod);
      wake();
    }
  }

  /** Stops reconciling. The machine runs on. */
  @Override
  public void close() {
    thread.interrupt();
    board.close();
  }

  private synchronized boolean begin(Optional<Bottle> news) {
    if (finished.isDone()) {
      return false;
    }
    latest.set(news);
    if (thread.getState() == Thread.State.NEW) {
      thread.start();
    }
    wake();
    return true;
  }

  /** Unless there is news that the last step did not know. */
  private synchronized boolean finish() {
    return latest.get().equals(basis) && finished.complete(null);
  }

  private void wake() {
    wakeups.release();
  }

  private void loop() {
    try {
      while (!finished.isDone()) {
        Duration pause;
        try {
          pause = step();
        } catch (RuntimeException e) {
          LOG.atError().addKeyValue("bottle", bottle).setCause(e).log("reconciling failed");
          pause = AFTER_BUG;
        }
        if (pause.isPositive() && wakeups.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS)) {
          wakeups.drainPermits();
        }
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    } finally {
      links.close();
      image.forget();
    }
  }

  /** One pass; returns how long to wait for a wake-up. */
  private Duration step() throws InterruptedException {
    Wish wish;
    try {
      wish = wish();
    } catch (RuntimeException e) { // of the client
      LOG.atWarn()
          .addKeyValue("bottle", bottle)
          .addKeyValue("error", e.getMessage())
          .log("the API server does not say what became of it; nothing is changed");
      return AFTER_SILENCE;
    }
    basis.ifPresent(links::decided);
    if (!wish.equals(lastWish)) {
      retries.forget();
      image.forget();
      lastWish = wish;
    }
    Observed seen;
    try {
      seen =
          observer
              .observe(wish, board.current(), links, image.view(), retries)
              .namingPrompt(basis.flatMap(WishReader::promptSource));
    } catch (RuntimeFailure | IOException e) {
      return blind(wish, reason(e), String.valueOf(e.getMessage()));
    }
    process = seen.view().running() ? seen.view().boot().map(Boot::process) : Optional.empty();
    guarded = process.isPresent() ? subject(wish, seen) : Optional.empty();
    try {
      if (followLeak(wish, seen.view())) {
        return Duration.ZERO;
      }
    } catch (RuntimeFailure | IOException e) {
      return failed(new Decision.ProveSeal(), reason(e), String.valueOf(e.getMessage()));
    }
    Decision decision = Decide.next(wish, seen.view());
    report(wish, seen, decision);
    completeEnding(wish, seen.view());
    Optional<Duration> pause = retries.pause(decision.getClass());
    if (pause.isPresent()) {
      return pause.get();
    }
    try {
      if (boots(decision) && !confirmed(wish)) {
        return Duration.ZERO;
      }
      Duration next = act.on(decision, wish, seen);
      retries.succeeded(decision);
      narrator.did(decision, wish);
      if (decision instanceof Decision.Gone && isForgotten(wish) && finish()) {
        return Duration.ZERO;
      }
      return shorter(shorter(next, guestRetry()), volumeRetry(seen));
    } catch (RuntimeFailure | ImageFailure | IOException e) {
      Duration wait = failed(decision, reason(e), String.valueOf(e.getMessage()));
      report(wish, seen, decision);
      return wait;
    }
  }

  private Optional<SealSubject> subject(Wish wish, Observed seen) {
    // Until it is this Pod's machine it is about to be stopped, and in nobody's cage.
    return wish instanceof Wish.Run run && seen.view().startedFor().equals(Optional.of(run.pod()))
        ? seen.view()
            .boot()
            .map(boot ->
                new SealSubject(
                    Names.machine(bottle.uid()),
                    boot.process(),
                    run.pod(),
                    seen.policyHash().orElse(""),
                    boot.bootId(),
                    node.paths().bottleDirectory(bottle.uid()),
                    seen.view().machine().filter(MachineRecord::networkless).isPresent()))
        : Optional.empty();
  }

  /** Whether a leak was found since the last pass; then everything must be looked at anew. */
  private boolean followLeak(Wish wish, View view)
      throws RuntimeFailure, IOException, InterruptedException {
    Optional<Leak> found = leak.get();
    if (found.isEmpty()) {
      return false;
    }
    if (wish instanceof Wish.Run run && run.pod().equals(found.get().pod())) {
      act.leaked(run, found.get().outcome(), view);
    }
    leak.compareAndSet(found, Optional.empty());
    return true;
  }

  private Wish wish() {
    basis = latest.get();
    return wish(basis.isPresent() ? basis : lookup.ask(bottle));
  }

  private Wish wish(Optional<Bottle> current) {
    return current
        .map(known -> wishes.read(known, ending.get().map(Ending::pod)))
        .orElseGet(() -> new Wish.Remove(0, Optional.empty()));
  }

  private static boolean boots(Decision decision) {
    return decision instanceof Decision.Create || decision instanceof Decision.Start;
  }

  /**
   * The watch may lag, and by now the machine may be another node's: what boots a machine is asked
   * of the API server itself (ADR 0021).
   */
  private boolean confirmed(Wish wish) throws RuntimeFailure {
    Optional<Bottle> asked;
    try {
      asked = lookup.ask(bottle);
    } catch (RuntimeException e) { // of the client
      throw new RuntimeFailure(
          Reason.MachineStartFailed,
          "the API server does not confirm that the machine belongs here: " + e.getMessage());
    }
    if (wish(asked).equals(wish)) {
      return true;
    }
    latest.compareAndSet(basis, asked);
    return false;
  }

  /** A removal that nobody waits to read about: the Bottle is deleted or another node's. */
  private static boolean isForgotten(Wish wish) {
    return wish instanceof Wish.Remove remove && remove.epoch().isEmpty();
  }

  private void report(Wish wish, Observed seen, Decision decision) {
    if (isForgotten(wish)) {
      return; // another node's agent may own the status by now
    }
    board.update(former ->
        statusOf.next(
            requested(former, wish),
            wish,
            seen,
            decision,
            retries.of(decision.getClass()),
            retries.of(Decision.Provision.class),
            retries.of(Decision.ProveSeal.class)));
  }

  /**
   * The requests went with their Pod, also when this agent did not see it go. As long as a Pod is
   * linked they are its supervise's to say.
   */
  private AgentStatus requested(AgentStatus former, Wish wish) {
    return wish instanceof Wish.Rest rest && rest.pod().isEmpty() && !links.isAnyLinked()
        ? former.withRequests(List.of())
        : former;
  }

  /**
   * Says that the Pod's machine is stopped only when it is, and when this step cannot start it: the
   * end may have been asked for after the wish was read.
   */
  private void completeEnding(Wish wish, View view) {
    Optional<String> pod = ending.get().map(Ending::pod);
    boolean mayRunForIt =
        view.runtimeVersion().isEmpty()
            || (view.alive() && view.startedFor().equals(pod))
            || (wish instanceof Wish.Run run && pod.equals(Optional.of(run.pod())));
    if (!mayRunForIt) {
      ending
          .get()
          .filter(asked -> pod.equals(Optional.of(asked.pod())))
          .ifPresent(asked -> asked.stopped().complete(null));
    }
  }

  /** The node could not be looked at: what was reported may or may not hold. */
  private Duration blind(Wish wish, Reason reason, String message) {
    board.update(former ->
        requested(former, wish)
            .withConditions(
                former
                    .conditions()
                    .with(
                        ConditionType.Booted,
                        ConditionStatus.Unknown,
                        reason,
                        message,
                        wish.generation(),
                        node.clock())));
    return failed(new Decision.NoRuntime(), reason, message);
  }

  private Duration failed(Decision decision, Reason reason, String message) {
    Failure failure = retries.failed(decision, reason, message);
    LOG.atWarn()
        .addKeyValue("bottle", bottle)
        .addKeyValue("step", decision.getClass().getSimpleName())
        .addKeyValue("reason", reason)
        .addKeyValue("attempt", failure.attempts())
        .addKeyValue("error", message)
        .log("will be tried again");
    node.meters().counter("bottle_agent_failures", "reason", reason.name()).increment();
    node.events().warn(bottle, reason, message);
    narrator.failed(decision, reason, message);
    return retries.pause(decision.getClass()).orElse(Duration.ZERO);
  }

  private static Reason reason(Exception e) {
    return switch (e) {
      case RuntimeFailure failure -> failure.reason();
      case ImageFailure failure -> failure.reason();
      case UntrustedVolumeException untrusted -> Reason.UntrustedVolume;
      case Exception other -> Reason.MachineStartFailed;
    };
  }

  /** Provisioning and sealing may be waiting for their own next attempt while all else is done. */
  private Optional<Duration> guestRetry() {
    Optional<Duration> provision = retries.pause(Decision.Provision.class);
    Optional<Duration> seal = retries.pause(Decision.ProveSeal.class);
    return provision.isPresent() && seal.isPresent()
        ? Optional.of(shorter(provision.get(), seal))
        : provision.or(() -> seal);
  }

  /** A volume that does not exist yet cannot be watched. */
  private static Optional<Duration> volumeRetry(Observed seen) {
    return seen.incomplete()
        .filter(missing -> missing.reason() == Reason.WaitingForVolume)
        .map(missing -> VOLUME_RETRY);
  }

  private static Duration shorter(Duration one, Optional<Duration> other) {
    return other.filter(candidate -> candidate.compareTo(one) < 0).orElse(one);
  }

  /** What was last reported; for tests. */
  AgentStatus status() {
    return board.current();
  }
}
