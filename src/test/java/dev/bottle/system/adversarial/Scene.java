package dev.bottle.system.adversarial;

import static org.awaitility.Awaitility.await;

import dev.bottle.crd.control.Denial;
import dev.bottle.system.adversarial.internet.SinkEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where attacks happen.
 *
 * @param bottle whose guest attacks
 * @param lasting an open tunnel to the barrier's host, which outlives every attack
 * @param local the daemons themselves, where they are processes of this test
 */
record Scene(Internet internet, Attacked bottle, Guest lasting, @Nullable Daemons local) {
  /**
   * Daemons that a case may look into.
   *
   * @param bottle whose guest attacks
   * @param other another Bottle on the same node, of the same name in another namespace
   * @param home where a case may make one of its own
   */
  record Daemons(Bottle bottle, Bottle other, Path home) {}

  private static final Duration POLL = Duration.ofMillis(5);
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String MARK = "/barrier/";

  /** For a case of the level {@link Level#BUNDLE} only. */
  Daemons daemons() {
    return Objects.requireNonNull(local, "this case needs the daemons as processes");
  }

  /** What the attack led to. */
  Observation observe(int number, Attack attack) throws Exception {
    int events = internet.events().size();
    int denials = bottle.denials().size();
    String answer = attack.attempt(this);
    barrier(number);
    List<SinkEvent> happened = internet.events().stream().skip(events).toList();
    Set<Integer> ours =
        happened.stream()
            .filter(event -> event.text().contains(MARK))
            .map(SinkEvent::connection)
            .collect(Collectors.toSet());
    return new Observation(
        answer,
        happened.stream()
            .filter(event -> !ours.contains(event.connection()))
            .filter(event -> !event.text().equals(Policies.BARRIER))
            .toList(),
        bottle.denials().stream()
            .skip(denials)
            .filter(denial -> !denial.host().startsWith("barrier-"))
            .toList());
  }

  /**
   * An allowed request arrives and a refused one is reported, so what was on its way before them is
   * there, too; and whatever the attack was, egress lives on.
   */
  private void barrier(int number) throws IOException {
    String mark = MARK + number + "/" + System.nanoTime();
    String reported = "barrier-" + System.nanoTime() + ".invalid";
    lasting.send("GET " + mark + " HTTP/1.1\r\nHost: " + Policies.BARRIER + "\r\n\r\n");
    String answer = lasting.until("arrived");
    if (!answer.startsWith("HTTP/1.1 200 ")) {
      throw new AssertionError("an allowed request got " + answer);
    }
    try (Guest refused = bottle.guest()) {
      refused.connect(reported + ":443");
    }
    await()
        .atMost(PATIENCE)
        .pollInterval(POLL)
        .until(() -> internet.events().stream().anyMatch(event -> event.text().contains(mark)));
    await()
        .atMost(PATIENCE)
        .pollInterval(POLL)
        .until(() -> bottle.denials().stream().map(Denial::host).anyMatch(reported::equals));
  }
}
