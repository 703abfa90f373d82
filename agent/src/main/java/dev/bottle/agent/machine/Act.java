package dev.bottle.agent.machine;

import dev.bottle.agent.gate.GateMachine;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.ProcessIdentity;
import dev.bottle.agent.image.ImageFailure;
import dev.bottle.agent.image.PullCredentials;
import dev.bottle.agent.provision.GuestMaterial;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.agent.seal.SealOutcome;
import dev.bottle.agent.seal.SealSubject;
import dev.bottle.agent.smolvm.MachineDefinition;
import dev.bottle.agent.smolvm.MachineLabels;
import dev.bottle.agent.smolvm.MachineRecord;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.agent.volume.PodVolume;
import dev.bottle.agent.volume.PodVolumes;
import dev.bottle.agent.volume.VolumeKind;
import dev.bottle.crd.api.ProvisionedStatus;
import dev.bottle.crd.api.SealStatus;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out one decision. Used by the reconciler's thread only. */
final class Act {
  private static final Logger LOG = LoggerFactory.getLogger(Act.class);
  private static final Duration SYNC = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final Duration DEATH = Duration.ofSeconds(5);

  private static final Duration AT_ONCE = Duration.ZERO;
  private static final Duration SOON = Duration.ofMillis(200);
  private static final Duration PATIENT = Duration.ofSeconds(1);

  /** The preflight wakes nobody: a Bottle on an unfit node is a rare and slow affair. */
  private static final Duration UNFIT = Duration.ofSeconds(5);

  /** Nothing is expected; a look nonetheless, in case an event was lost. All of it is local. */
  private static final Duration IDLE = Duration.ofSeconds(30);

  private final Node node;
  private final BottleRef bottle;
  private final String machine;
  private final StatusBoard board;
  private final PodLinks links;
  private final ImageRequest image;
  private final Function<String, GateMachine> gates;
  private final SealAge sealAge;
  private final Runnable wake;

  Act(
      Node node,
      BottleRef bottle,
      String machine,
      StatusBoard board,
      PodLinks links,
      ImageRequest image,
      Function<String, GateMachine> gates,
      SealAge sealAge,
      Runnable wake) {
    this.node = node;
    this.bottle = bottle;
    this.machine = machine;
    this.board = board;
    this.links = links;
    this.image = image;
    this.gates = gates;
    this.sealAge = sealAge;
    this.wake = wake;
  }

  /** Does it and says when to look again, unless something wakes the reconciler before. */
  Duration on(Decision decision, Wish wish, Observed seen)
      throws RuntimeFailure, ImageFailure, IOException, InterruptedException {
    return switch (decision) {
      case Decision.Stop stop -> {
        LOG.atInfo().addKeyValue("machine", machine).addKeyValue("why", stop.why()).log("stopping");
        stop(seen.view());
        yield AT_ONCE;
      }
      case Decision.Delete delete -> {
        LOG.atInfo()
            .addKeyValue("machine", machine)
            .addKeyValue("why", delete.why())
            .log("deleting");
        node.runtime().delete(machine);
        node.journal().delete(machine);
        yield AT_ONCE;
      }
      case Decision.Unbind unbind -> {
        links.close();
        node.binds().unbind(bottle.uid());
        yield AT_ONCE;
      }
      case Decision.Bind bind -> {
        links.close();
        node.binds().bind(bottle.uid(), pod(wish));
        yield AT_ONCE;
      }
      case Decision.Link link -> {
        links.link(pod(wish), gates.apply(pod(wish)));
        yield AT_ONCE;
      }
      case Decision.Pull pull -> {
        pull((Wish.Run) wish);
        yield AT_ONCE;
      }
      case Decision.Create create -> {
        create(create.digest(), (Wish.Run) wish);
        yield AT_ONCE;
      }
      case Decision.Resize resize -> {
        node.runtime().resize(machine, resize.size());
        yield AT_ONCE;
      }
      case Decision.Start start -> {
        start((Wish.Run) wish);
        yield AT_ONCE;
      }
      case Decision.Provision provision -> {
        provision((Wish.Run) wish, seen);
        yield AT_ONCE;
      }
      case Decision.ProveSeal prove -> {
        proveSeal((Wish.Run) wish, seen);
        yield AT_ONCE;
      }
      case Decision.NoRuntime none ->
          throw new RuntimeFailure(
              Reason.RuntimeMissing, node.paths().runtime() + "/smolvm does not answer");
      case Decision.NodeUnfit unfit -> UNFIT;
      case Decision.AwaitVolumes await -> SOON;
      case Decision.AwaitAnswer await -> PATIENT;
      case Decision.AwaitPodEnd await -> PATIENT;
      case Decision.AwaitImage await -> IDLE;
      case Decision.Gone gone -> {
        node.journal().delete(machine); // left by an agent that died between its two deletions
        yield IDLE;
      }
      case Decision.Rest rest -> IDLE;
      case Decision.Held held -> IDLE;
      case Decision.Settled settled -> IDLE;
    };
  }

  private static String pod(Wish wish) {
    return switch (wish) {
      case Wish.Run run -> run.pod();
      case Wish.Rest rest -> rest.pod().orElseThrow();
      case Wish.Remove remove -> throw new IllegalStateException("nothing is bound for a removal");
    };
  }

  private void stop(View view) throws RuntimeFailure, InterruptedException {
    try {
      // A stop that finds a sticky "unreachable" skips the guest's own sync (smolvm.md §12.2).
      CommandResult sync =
          node.runtime()
              .exec(machine, List.of("/opt/bottle/bin/bottle-tool", "sync"), SYNC, stdin -> {});
      if (!sync.succeeded()) {
        LOG.atWarn().addKeyValue("machine", machine).log("the guest did not sync before its stop");
      }
    } catch (RuntimeFailure e) {
      LOG.atWarn()
          .addKeyValue("machine", machine)
          .addKeyValue("error", e.getMessage())
          .log("the guest did not sync before its stop");
    }
    try {
      node.runtime().stop(machine);
    } finally {
      // Whatever the runtime says: what leaked or lost its Pod must not live on.
      if (view.boot().isPresent()) {
        ensureDead(view.boot().get().process());
      }
    }
  }

  private void ensureDead(ProcessIdentity process) throws RuntimeFailure, InterruptedException {
    if (awaitDeath(process)) {
      return;
    }
    LOG.atWarn().addKeyValue("machine", machine).log("the machine outlived its stop, killing it");
    node.processes().kill(process);
    if (!awaitDeath(process)) {
      throw new RuntimeFailure(
          Reason.MachineUnreachable, "process " + process.pid() + " outlives stop and kill");
    }
  }

  private boolean awaitDeath(ProcessIdentity process) throws InterruptedException {
    Instant deadline = node.clock().instant().plus(DEATH);
    while (node.processes().isAlive(process)) {
      if (node.clock().instant().isAfter(deadline)) {
        return false;
      }
      Thread.sleep(Duration.ofMillis(20));
    }
    return true;
  }

  private void pull(Wish.Run wish) throws ImageFailure, IOException, InterruptedException {
    image.rethrow();
    PodVolumes volumes = new PodVolumes(node.paths().pods(), wish.pod());
    List<byte[]> secrets = new ArrayList<>();
    for (int i = 0; volumes.volume(VolumeKind.Secret, "pull-" + i).exists(); i++) {
      PodVolume secret = volumes.volume(VolumeKind.Secret, "pull-" + i);
      secret.read(".dockerconfigjson", Optional.empty()).ifPresent(secrets::add);
    }
    var pull = node.images().pull(wish.image(), PullCredentials.of(secrets));
    image.begin(pull);
    var _ = pull.whenComplete((done, failed) -> wake.run());
  }

  private void create(String digest, Wish.Run wish)
      throws RuntimeFailure, IOException, InterruptedException {
    Path rootfs = node.paths().images().resolve(digest.replace(':', '-')).resolve("rootfs");
    try {
      node.runtime()
          .create(
              new MachineDefinition(
                  machine,
                  new MachineLabels(bottle.uid(), wish.epoch(), wish.shape()),
                  wish.size(),
                  rootfs,
                  node.paths().bottleDirectory(bottle.uid())));
    } finally {
      image.forget(); // not before: the machine's record is what keeps the image from now on
    }
    node.journal()
        .write(machine, new JournalEntry(bottle.namespace(), bottle.name(), null, null, null));
  }

  private void start(Wish.Run wish) throws RuntimeFailure, IOException, InterruptedException {
    // Written before: an agent that dies now must know for which Pod the machine runs.
    JournalEntry entry = journal().startedFor(wish.pod());
    node.journal().write(machine, entry);
    Instant begin = node.clock().instant();
    node.runtime().start(machine, wish.pod(), node.paths().bottleDirectory(bottle.uid()));
    awaitAnswer(node.clock().instant().plus(ANSWER));
    long millis = Duration.between(begin, node.clock().instant()).toMillis();
    node.journal().write(machine, entry.booted(millis));
    LOG.atInfo().addKeyValue("machine", machine).addKeyValue("millis", millis).log("booted");
  }

  /** Before it answers, a command in the guest would mark it unreachable for good. */
  private void awaitAnswer(Instant deadline) throws RuntimeFailure, InterruptedException {
    while (node.runtime()
        .status(machine)
        .filter(found -> found.state() == MachineRecord.State.Running)
        .isEmpty()) {
      if (node.clock().instant().isAfter(deadline)) {
        throw new RuntimeFailure(
            Reason.MachineStartFailed,
            "the machine did not answer within " + ANSWER.toSeconds() + " s of its start");
      }
      Thread.sleep(Duration.ofMillis(50));
    }
  }

  private JournalEntry journal() throws IOException {
    return node.journal()
        .read(machine)
        .orElseGet(() -> new JournalEntry(bottle.namespace(), bottle.name(), null, null, null));
  }

  private void provision(Wish.Run wish, Observed seen) throws RuntimeFailure, InterruptedException {
    GuestMaterial material = seen.material().orElseThrow();
    Boot boot = seen.view().boot().orElseThrow();
    String digest = node.provisioner().provision(machine, material);
    board.update(former ->
        former.withProvisioned(
            new ProvisionedStatus(digest, material.guestHash(), wish.pod(), boot.bootId())));
  }

  private void proveSeal(Wish.Run wish, Observed seen)
      throws RuntimeFailure, IOException, InterruptedException {
    Boot boot = seen.view().boot().orElseThrow();
    String policyHash = seen.policyHash().orElseThrow();
    SealSubject subject =
        new SealSubject(
            machine,
            boot.process(),
            wish.pod(),
            policyHash,
            boot.bootId(),
            node.paths().bottleDirectory(bottle.uid()),
            seen.view().machine().filter(MachineRecord::networkless).isPresent());
    switch (node.seals().prove(subject)) {
      case SealOutcome.Proven proven -> proven(subject, proven);
      case SealOutcome.Unproven unproven -> {
        board.update(former -> former.withSeal(null)); // also when it was proven until now
        throw new RuntimeFailure(Reason.ProbeFailed, unproven.message());
      }
      case SealOutcome.Leaked leaked -> {
        node.processes().kill(boot.process());
        leaked(wish, leaked, seen.view());
      }
    }
  }

  private void proven(SealSubject subject, SealOutcome.Proven proven) {
    Instant now = node.clock().instant();
    SealStatus proof =
        new SealStatus(
            now.truncatedTo(ChronoUnit.SECONDS).toString(),
            subject.podUid(),
            subject.policyHash(),
            subject.bootId(),
            proven.probes());
    sealAge.proven(proof, now);
    board.update(former -> {
      SealStatus known = former.seal();
      return known != null && SealAge.saysTheSame(known, proof) ? former : former.withSeal(proof);
    });
  }

  /** What must follow a leak once the machine's process was killed. */
  void leaked(Wish.Run wish, SealOutcome.Leaked leaked, View view)
      throws RuntimeFailure, IOException, InterruptedException {
    LOG.atError()
        .addKeyValue("machine", machine)
        .addKeyValue("leak", leaked.message())
        .log("the seal leaks, the machine is killed");
    board.update(former -> former.withSeal(null));
    node.events().warn(bottle, leaked.reason(), leaked.message());
    Block block = new Block(wish.pod(), wish.generation(), leaked.reason(), leaked.message());
    try {
      node.journal().write(machine, journal().blocked(block));
    } finally { // a full disk must not keep a leak running
      // No sync first: what leaks has no seconds left. The runtime still has to learn of the end.
      node.runtime().stop(machine);
      if (view.boot().isPresent()) {
        ensureDead(view.boot().get().process());
      }
    }
  }
}
