package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.log.MachineLog;
import dev.bottle.agent.report.AgentStatus;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.agent.smolvm.MachineSize;
import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.api.ProvisionedStatus;
import dev.bottle.crd.api.SealStatus;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NarratorTest {
  private static final String IMAGE = "registry.example.org/agent:1";
  private static final MachineSize SIZE = new MachineSize(2, 1024, 10);
  private static final Wish RUN = new Wish.Run(1, 1, "pod", IMAGE, "shape", SIZE);

  @TempDir Path directory;
  private final MachineLog log = MachineLog.silent();
  private StatusBoard board;
  private Journal journal;
  private Narrator narrator;

  @BeforeEach
  void begin() throws IOException {
    board =
        new StatusBoard(new BottleRef("ns", "demo", "uid"), AgentStatus.none(), (of, status) -> {});
    journal = new Journal(directory.resolve("journal"));
    narrator = new Narrator(log, journal, "m", board);
  }

  @AfterEach
  void end() {
    board.close();
  }

  @Test
  void eachStepOfAStartIsTold() throws IOException, InterruptedException {
    narrator.did(new Decision.Pull(), RUN);
    narrator.did(new Decision.Create("sha256:12"), RUN);
    journal.write("m", new JournalEntry("ns", "demo", "pod", 812L, null));
    narrator.did(new Decision.Start(), RUN);
    board.update(former ->
        former.withProvisioned(new ProvisionedStatus("sha256:ab", "guest", "pod", "boot")));
    narrator.did(new Decision.Provision(), RUN);
    board.update(former ->
        former.withSeal(
            new SealStatus(
                "2026-01-01T00:00:00Z",
                "pod",
                "policy",
                "boot",
                List.of(new ProbeResult("routes", ProbeResult.Verdict.Sealed, "none")))));
    narrator.did(new Decision.ProveSeal(), RUN);
    narrator.did(new Decision.Stop("its Pod ends"), RUN);
    assertTold(
        "pulling " + IMAGE,
        "image pulled: sha256:12; machine created",
        "booted in 812 ms",
        "provisioned sha256:ab",
        "seal proven by 1 probes",
        "machine stopped: its Pod ends");
  }

  @Test
  void aLeakIsTold() throws IOException, InterruptedException {
    Block block = new Block("pod", 1, Reason.ProbeLeaked, "public: connected");
    journal.write("m", new JournalEntry("ns", "demo", "pod", 812L, block));
    narrator.did(new Decision.ProveSeal(), RUN);
    assertTold("the seal leaks, machine stopped: public: connected");
  }

  @Test
  void aFailureIsTold() throws InterruptedException {
    narrator.failed(new Decision.Start(), Reason.MachineStartFailed, "no boot progress");
    assertTold("Start failed, MachineStartFailed: no boot progress");
  }

  @Test
  void waitingIsNotTold() throws IOException, InterruptedException {
    narrator.did(new Decision.AwaitImage(), RUN);
    narrator.did(new Decision.Settled(), RUN);
    narrator.did(new Decision.Resize(SIZE), RUN);
    assertTold("machine resized: 2 cpus, 1024 MiB of memory, 10 GiB of disk");
  }

  private void assertTold(String... lines) throws InterruptedException {
    for (String line : lines) {
      assertThat(log.next().line()).isEqualTo(line);
    }
  }
}
