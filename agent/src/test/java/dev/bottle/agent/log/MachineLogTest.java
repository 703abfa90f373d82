package dev.bottle.agent.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineLogTest {
  private static final Duration PACE = Duration.ofMillis(5);

  @Test
  void whatWasSaidBeforeSomebodyListensIsHeard() throws InterruptedException {
    MachineLog log = MachineLog.silent();
    log.say("pulling an image");
    log.say("booted in 812 ms");
    assertThat(log.next()).isEqualTo(new LogLine("agent", "pulling an image"));
    assertThat(log.next()).isEqualTo(new LogLine("agent", "booted in 812 ms"));
  }

  @Test
  void sayingNeverWaitsAndWhatIsDroppedIsCounted() throws InterruptedException {
    MachineLog log = new MachineLog(List.of(), PACE);
    for (int i = 0; i < 600; i++) {
      log.say("line " + i);
    }
    List<String> heard = new ArrayList<>();
    for (int i = 0; i < 501; i++) {
      heard.add(log.next().line());
    }
    assertThat(heard.subList(0, 500)).startsWith("line 0").endsWith("line 499");
    assertThat(heard.getLast()).isEqualTo("100 lines dropped");
    log.say("again");
    assertThat(log.next().line()).isEqualTo("again");
  }

  @Test
  void filesAreShownBesideIt(@TempDir Path directory) throws IOException, InterruptedException {
    LogFile file = new LogFile(directory, "console.log", "console");
    MachineLog log = new MachineLog(List.of(file), PACE);
    Files.writeString(directory.resolve("console.log"), "kernel\n");
    log.say("booted");
    assertThat(log.next()).isEqualTo(new LogLine("agent", "booted"));
    assertThat(log.next()).isEqualTo(new LogLine("console", "kernel"));
  }

  @Test
  void aListenerIsWokenAtOnce() throws Exception {
    MachineLog log = MachineLog.silent();
    CompletableFuture<LogLine> heard = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            heard.complete(log.next());
          } catch (InterruptedException e) {
            heard.completeExceptionally(e);
          }
        });
    log.say("now");
    assertThat(heard.get(10, TimeUnit.SECONDS).line()).isEqualTo("now");
  }
}
