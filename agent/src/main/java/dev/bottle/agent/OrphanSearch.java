package dev.bottle.agent;

import dev.bottle.agent.machine.Journal;
import dev.bottle.agent.machine.JournalEntry;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.agent.smolvm.MachineLabels;
import dev.bottle.agent.smolvm.MachineRecord;
import dev.bottle.agent.smolvm.MachineRuntime;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.crd.api.Bottle;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Once, after a start: machines of ours whose Bottle is not among this node's any more, because it
 * was deleted or placed elsewhere while no agent ran. A reconciler asks the API server about each.
 */
final class OrphanSearch {
  private static final Logger LOG = LoggerFactory.getLogger(OrphanSearch.class);
  private static final Duration RETRY = Duration.ofSeconds(2);

  private final MachineRuntime runtime;
  private final Journal journal;
  private final SharedIndexInformer<Bottle> informer;
  private final MainLoop loop;

  OrphanSearch(
      MachineRuntime runtime,
      Journal journal,
      SharedIndexInformer<Bottle> informer,
      MainLoop loop) {
    this.runtime = runtime;
    this.journal = journal;
    this.informer = informer;
    this.loop = loop;
  }

  void start() {
    Thread.ofVirtual().name("orphans").start(this::search);
  }

  private void search() {
    boolean done = false;
    try {
      while (!done) {
        done = informer.hasSynced() && searched();
        if (!done) {
          Thread.sleep(RETRY);
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean searched() throws InterruptedException {
    Set<String> known =
        informer.getStore().list().stream()
            .map(bottle -> bottle.getMetadata().getUid())
            .collect(Collectors.toSet());
    try {
      for (MachineRecord machine : runtime.list()) {
        Optional<MachineLabels> labels = machine.labels();
        if (labels.isPresent() && !known.contains(labels.get().uid())) {
          LOG.atInfo().addKeyValue("machine", machine.name()).log("its Bottle is not known here");
          loop.orphan(bottle(machine.name(), labels.get().uid()));
        }
      }
      return true;
    } catch (RuntimeFailure | IOException e) {
      LOG.atWarn().addKeyValue("error", e.getMessage()).log("machines cannot be listed yet");
      return false;
    }
  }

  /** The journal names it; without, only the UID is known and the API server is asked for all. */
  private BottleRef bottle(String machine, String uid) throws IOException {
    return journal
        .read(machine)
        .map((JournalEntry entry) -> new BottleRef(entry.namespace(), entry.name(), uid))
        .orElseGet(() -> new BottleRef("", "", uid));
  }
}
