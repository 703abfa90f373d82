package dev.bottle.agent.machine;

import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.host.PodBinds;
import dev.bottle.agent.host.ProcessIdentity;
import dev.bottle.agent.provision.GuestMaterial;
import dev.bottle.agent.provision.GuestStream;
import dev.bottle.agent.provision.MaterialReader;
import dev.bottle.agent.provision.MaterialResult;
import dev.bottle.agent.report.AgentStatus;
import dev.bottle.agent.smolvm.MachineRecord;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.agent.volume.PodVolumes;
import dev.bottle.agent.volume.VolumeKind;
import dev.bottle.crd.api.DaemonStatus;
import dev.bottle.crd.api.ProvisionedStatus;
import dev.bottle.crd.api.SealStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at the node for one Bottle. Used by its reconciler's thread only. */
final class Observer {
  private static final Logger LOG = LoggerFactory.getLogger(Observer.class);

  /** A busy guest may miss pings for a while (smolvm.md §5.2). */
  private static final Duration SILENCE = Duration.ofSeconds(60);

  private final Node node;
  private final String uid;
  private final String machine;
  private final SealAge sealAge;
  private final Runnable wake;
  private final Set<Path> watched = new HashSet<>();
  private @Nullable Instant silentSince;

  Observer(Node node, String uid, String machine, SealAge sealAge, Runnable wake) {
    this.node = node;
    this.uid = uid;
    this.machine = machine;
    this.sealAge = sealAge;
    this.wake = wake;
  }

  /**
   * Looks at everything that the wish makes relevant.
   *
   * @param status what was last reported, from which earlier work in the guest is known
   * @throws RuntimeFailure when the runtime answered, but not to the question
   */
  Observed observe(Wish wish, AgentStatus status, PodLinks links, View.Image image, Retries retries)
      throws RuntimeFailure, IOException, InterruptedException {
    Optional<String> version = version();
    Optional<MachineRecord> record =
        version.isPresent() ? node.runtime().status(machine) : Optional.empty();
    Optional<Boot> boot = boot(record);
    Optional<JournalEntry> journal = node.journal().read(machine);
    Optional<String> pod = pod(wish);
    Optional<String> policyHash = pod.flatMap(current -> policyHash(status, current));
    Optional<MaterialResult> material = Optional.empty();
    if (wish instanceof Wish.Run run && boot.isPresent()) {
      MaterialReader reader = new MaterialReader(volumes(run.pod()));
      watch(reader); // before reading: a change meanwhile wakes us again
      material = Optional.of(reader.read());
    }
    Optional<GuestMaterial> complete =
        material.map(result -> result instanceof MaterialResult.Complete c ? c.material() : null);
    View view =
        new View(
            version,
            node.fitness().get().obstacle(),
            record,
            boot,
            journal.flatMap(entry -> Optional.ofNullable(entry.pod())),
            journal.flatMap(entry -> Optional.ofNullable(entry.block())),
            pod.filter(this::hasVolumes).isPresent(),
            pod.isPresent() && node.binds().isBound(uid, pod.get()),
            node.binds().anyBound(uid),
            links.untold().filter(this::hasVolumes).isPresent(),
            pod.filter(links::isLinked).isPresent(),
            image,
            provisioning(status, pod, boot, complete, retries),
            seal(status, pod, boot, policyHash, retries),
            isSilent(record));
    return new Observed(
        view,
        complete,
        material.map(result -> result instanceof MaterialResult.Incomplete i ? i : null),
        policyHash,
        journal.flatMap(entry -> Optional.ofNullable(entry.bootMillis())));
  }

  private Optional<String> version() throws InterruptedException {
    try {
      return Optional.of(node.runtime().version());
    } catch (RuntimeFailure e) {
      LOG.atWarn().addKeyValue("error", e.getMessage()).log("the machine runtime does not work");
      return Optional.empty();
    }
  }

  private Optional<Boot> boot(Optional<MachineRecord> record) throws IOException {
    Optional<ProcessIdentity> process =
        record
            .filter(found -> found.state() != MachineRecord.State.Stopped)
            .flatMap(MachineRecord::pid)
            .flatMap(node.processes()::find);
    return process.isEmpty()
        ? Optional.empty()
        : Optional.of(new Boot(node.processes().bootId(process.get()), process.get()));
  }

  private static Optional<String> pod(Wish wish) {
    return switch (wish) {
      case Wish.Remove remove -> Optional.empty();
      case Wish.Rest rest -> rest.pod();
      case Wish.Run run -> Optional.of(run.pod());
    };
  }

  private PodVolumes volumes(String pod) {
    return new PodVolumes(node.paths().pods(), pod);
  }

  private boolean hasVolumes(String pod) {
    PodVolumes volumes = volumes(pod);
    return PodBinds.REQUIRED.stream()
        .allMatch(name -> volumes.volume(VolumeKind.EmptyDir, name).exists());
  }

  private void watch(MaterialReader reader) {
    for (Path directory : reader.watched()) {
      if (watched.add(directory)) {
        try {
          node.watch().watch(directory, wake);
        } catch (IOException e) {
          watched.remove(directory);
          LOG.atDebug().addKeyValue("directory", directory).setCause(e).log("not watched");
        }
      }
    }
  }

  private static Optional<String> policyHash(AgentStatus status, String pod) {
    return status.daemons().stream()
        .filter(daemon -> daemon.name().equals(Daemon.EGRESS.wireName()))
        .filter(daemon -> daemon.ready() && daemon.podUID().equals(pod))
        .findFirst()
        .map(DaemonStatus::policyHash);
  }

  private static View.Work provisioning(
      AgentStatus status,
      Optional<String> pod,
      Optional<Boot> boot,
      Optional<GuestMaterial> material,
      Retries retries)
      throws IOException {
    if (pod.isEmpty() || boot.isEmpty() || material.isEmpty()) {
      return View.Work.NotNow;
    }
    ProvisionedStatus done = status.provisioned();
    boolean current =
        done != null
            && done.podUID().equals(pod.get())
            && done.bootId().equals(boot.get().bootId())
            && done.digest().equals(new GuestStream(material.get()).digest());
    return current ? View.Work.Current : due(retries, Decision.Provision.class);
  }

  private View.Work seal(
      AgentStatus status,
      Optional<String> pod,
      Optional<Boot> boot,
      Optional<String> policyHash,
      Retries retries) {
    if (pod.isEmpty() || boot.isEmpty() || policyHash.isEmpty()) {
      return View.Work.NotNow;
    }
    SealStatus proof = status.seal();
    if (proof == null
        || !proof.podUID().equals(pod.get())
        || !proof.bootId().equals(boot.get().bootId())
        || !proof.policyHash().equals(policyHash.get())) {
      return due(retries, Decision.ProveSeal.class);
    }
    return sealAge.isOld(proof, node.clock().instant()) ? View.Work.Renew : View.Work.Current;
  }

  private static View.Work due(Retries retries, Class<? extends Decision> kind) {
    return retries.pause(kind).isPresent() ? View.Work.NotNow : View.Work.Due;
  }

  private boolean isSilent(Optional<MachineRecord> record) {
    if (record.filter(found -> found.state() == MachineRecord.State.Unreachable).isEmpty()) {
      silentSince = null;
      return false;
    }
    Instant now = node.clock().instant();
    Instant since = silentSince == null ? now : silentSince;
    silentSince = since;
    return Duration.between(since, now).compareTo(SILENCE) > 0;
  }
}
