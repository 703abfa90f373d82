package dev.bottle.system.adversarial;

import static dev.bottle.system.adversarial.Attacks.get;
import static dev.bottle.system.adversarial.Attacks.inside;
import static dev.bottle.system.adversarial.Policies.OPEN;
import static dev.bottle.system.adversarial.Policies.ROUTED;
import static dev.bottle.system.adversarial.Policies.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.Denial;
import dev.bottle.system.daemon.BundleDirectory;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.List;

/** Case 47: a daemon that is stopped, or killed as by a crash. Each has a Bottle to itself. */
final class Outages {
  private static final String BEFORE = "GET /before HTTP/1.1\r\nHost: " + OPEN + "\r\n\r\n";
  private static final String MEANWHILE = "GET /meanwhile HTTP/1.1\r\nHost: " + OPEN + "\r\n\r\n";
  private static final Denial EVIL =
      new Denial("egress", "evil.test", 443, Reason.HostNotAllowed.name());

  private Outages() {}

  static List<Case> cases() {
    return List.of(
        new Case.Tried(
            47,
            "egress is killed, as when memory runs out: what was open ends, nothing leaves, and the"
                + " next one has the same policy",
            Outages::killed,
            Check.arrives("authorization: Bearer " + TOKEN, "/meanwhile")),
        new Case.Tried(
            47,
            "egress is stopped: nothing leaves until it goes on, and then its policy decides",
            Outages::stopped,
            Check.arrives("/of-another-Bottle")),
        new Case.Tried(
            47,
            "pipelock is not there: 502, and nobody else is asked",
            Outages::withoutPipelock,
            Check.silence().and(Check.failed(502, "PipelockUnreachable"))),
        new Case.Elsewhere(
            47,
            "pipelock dies, hangs, is no proxy or is not well, and comes back",
            Level.UNIT,
            List.of(
                "PipelockTest#withADeadPipelockNothingLeavesAndTheStateSaysSo",
                "PipelockTest#aPipelockThatIsNoProxyIs502",
                "PipelockTest#aPipelockThatIsNotWellIsNotReady")),
        new Case.Elsewhere(
            47,
            "the condition flips while egress is down, nothing gets out, and Ready comes back",
            Level.WHOLE,
            List.of("LifecycleIT#withADeadEgressNothingLeavesAndReadySaysSo")));
  }

  private static String killed(Scene scene) throws Exception {
    try (Bottle bottle = mortal(scene, "killed");
        Guest open = bottle.guest().tunnel(OPEN)) {
      open.send(BEFORE);
      assertThat(open.until("arrived")).startsWith("HTTP/1.1 200 ");
      bottle.kill();
      isDown(bottle, open);
      return again(bottle);
    }
  }

  /** The tunnel that was open is cut, and there is no door to ask for another one. */
  private static void isDown(Bottle bottle, Guest open) throws IOException {
    try {
      open.send(MEANWHILE);
    } catch (IOException cut) {
      // as it should be
    }
    assertThat(open.rest()).doesNotContain("HTTP/1.1", "Timeout");
    for (String host : List.of(OPEN, ROUTED, "evil.test")) {
      try (Guest next = bottle.guest()) {
        assertThat(next.connect(host + ":443")).doesNotContain("HTTP/1.1", "Timeout");
      } catch (IOException refused) {
        assertThat(refused).isNotInstanceOf(SocketTimeoutException.class);
      }
    }
  }

  /** With the authority that the guest trusts, and the policy as it was. */
  private static String again(Bottle bottle) throws IOException {
    bottle.restart();
    try (Guest refused = bottle.guest();
        Guest allowed = bottle.guest().tunnel(ROUTED)) {
      assertThat(refused.connect("evil.test:443")).startsWith("HTTP/1.1 403 ");
      await().untilAsserted(() -> assertThat(bottle.denials()).containsExactly(EVIL));
      return allowed.send(get(ROUTED, "/v1/after")).rest();
    }
  }

  private static String stopped(Scene scene) throws Exception {
    try (Bottle bottle = mortal(scene, "stopped");
        Guest open = bottle.guest().tunnel(OPEN);
        Guest asks = bottle.guest()) {
      open.send(BEFORE);
      assertThat(open.until("arrived")).startsWith("HTTP/1.1 200 ");
      bottle.pause();
      open.send(MEANWHILE);
      asks.send("CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n");
      String other = inside(OPEN, get(OPEN, "/of-another-Bottle")).attempt(scene);
      await().until(() -> hasArrived(scene, "/of-another-Bottle"));
      assertThat(hasArrived(scene, "/meanwhile")).as("while it is stopped").isFalse();

      bottle.resume();
      assertThat(open.until("arrived")).startsWith("HTTP/1.1 200 ");
      assertThat(asks.rest()).startsWith("HTTP/1.1 403 ");
      await().untilAsserted(() -> assertThat(bottle.denials()).containsExactly(EVIL));
      return other;
    }
  }

  private static boolean hasArrived(Scene scene, String path) {
    return scene.internet().events().stream().anyMatch(event -> event.text().contains(path));
  }

  private static String withoutPipelock(Scene scene) throws Exception {
    Path home = scene.daemons().home().resolve("without-pipelock");
    String authorities = scene.internet().authorities();
    try (Bottle bottle =
            new Bottle(
                scene.internet(),
                home,
                new Bottle.Setup(
                    Bottle.IDENTITY,
                    Suite.SPARE_HEALTH,
                    Policies.withPipelock(authorities),
                    Policies.TOKENS,
                    List.of(
                        "--pipelock",
                        "127.0.0.1:8888",
                        "--pipelock-ca",
                        new BundleDirectory(home).certificate().toString())));
        Guest guest = bottle.guest().tunnel(ROUTED)) {
      String answer = guest.send(get(ROUTED, "/v1/x")).rest();
      bottle
          .control()
          .awaitState(
              state -> !state.ready() && Reason.PipelockUnavailable.name().equals(state.reason()));
      return answer;
    }
  }

  private static Bottle mortal(Scene scene, String name) throws IOException, InterruptedException {
    return new Bottle(
        scene.internet(),
        scene.daemons().home().resolve(name),
        Bottle.Setup.of(Suite.SPARE_HEALTH, Policies.standard(scene.internet().authorities())));
  }
}
