package dev.bottle.agent.machine;

import dev.bottle.agent.log.MachineLog;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.crd.api.ProvisionedStatus;
import dev.bottle.crd.api.SealStatus;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.util.Optional;

/**
 * Tells a machine's people what was done for it. It says no more than status and Events do: names,
 * digests, reasons.
 */
final class Narrator {
  private final MachineLog log;
  private final Journal journal;
  private final String machine;
  private final StatusBoard board;

  Narrator(MachineLog log, Journal journal, String machine, StatusBoard board) {
    this.log = log;
    this.journal = journal;
    this.machine = machine;
    this.board = board;
  }

  /** That was done. */
  void did(Decision decision, Wish wish) throws IOException {
    switch (decision) {
      case Decision.Stop stop -> log.say("machine stopped: " + stop.why());
      case Decision.Delete delete -> log.say("machine deleted: " + delete.why());
      case Decision.Pull pull -> {
        if (wish instanceof Wish.Run run) {
          log.say("pulling " + run.image());
        }
      }
      case Decision.Create create ->
          log.say("image pulled: " + create.digest() + "; machine created");
      case Decision.Resize resize ->
          log.say(
              "machine resized: "
                  + resize.size().cpus()
                  + " cpus, "
                  + resize.size().memoryMiB()
                  + " MiB of memory, "
                  + resize.size().diskGiB()
                  + " GiB of disk");
      case Decision.Start start ->
          log.say("booted" + journal().map(JournalEntry::bootMillis).map(Narrator::in).orElse(""));
      case Decision.Provision provision -> {
        ProvisionedStatus done = board.current().provisioned();
        if (done != null) {
          log.say("provisioned " + done.digest());
        }
      }
      case Decision.ProveSeal prove -> {
        SealStatus proof = board.current().seal();
        log.say(
            proof == null
                ? "the seal leaks, machine stopped: "
                    + journal().map(JournalEntry::block).map(Block::message).orElse("")
                : "seal proven by " + proof.probes().size() + " probes");
      }
      case Decision.Unbind unbind -> {}
      case Decision.Gone gone -> {}
      case Decision.Rest rest -> {}
      case Decision.AwaitPodEnd await -> {}
      case Decision.Held held -> {}
      case Decision.NodeUnfit unfit -> {}
      case Decision.NoRuntime none -> {}
      case Decision.AwaitVolumes await -> {}
      case Decision.Bind bind -> {}
      case Decision.Link link -> {}
      case Decision.AwaitImage await -> {}
      case Decision.AwaitAnswer await -> {}
      case Decision.Settled settled -> {}
    }
  }

  /** That failed and will be tried again. */
  void failed(Decision decision, Reason reason, String message) {
    log.say(decision.getClass().getSimpleName() + " failed, " + reason + ": " + message);
  }

  private Optional<JournalEntry> journal() throws IOException {
    return journal.read(machine);
  }

  private static String in(long millis) {
    return " in " + millis + " ms";
  }
}
