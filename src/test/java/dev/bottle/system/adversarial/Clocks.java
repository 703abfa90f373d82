package dev.bottle.system.adversarial;

import static dev.bottle.system.adversarial.Attacks.get;
import static dev.bottle.system.adversarial.Policies.OPEN;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;

/** Case 48, second half: what a guest whose clock is wrong makes of egress' certificates. */
final class Clocks {
  private static final Duration BEHIND = Duration.ofMinutes(-10);
  private static final Duration AHEAD = Duration.ofDays(1);

  /** Before the certificates were made, by more than they forgive. */
  private static final Duration LONG_BEHIND = Duration.ofHours(-2);

  private Clocks() {}

  static List<Case> cases() {
    return List.of(
        taken("ten minutes behind", BEHIND),
        taken("a day ahead", AHEAD),
        new Case.Tried(
            48,
            "a guest's clock two hours behind: the same handshake fails, so clocks do count",
            scene -> handshake(scene, LONG_BEHIND),
            Check.silence().and(seen -> assertThat(seen.answer()).isEqualTo("refused"))),
        new Case.Elsewhere(
            48,
            "a day ahead, when the certificate is about to be renewed",
            Level.UNIT,
            List.of("LeafMinterTest#aLeafThatIsAboutToBeRenewedIsValidForOneDayMore")));
  }

  private static Case taken(String words, Duration off) {
    return new Case.Tried(
        48,
        "a guest's clock " + words + ": it may ask for an allowed host",
        scene -> handshake(scene, off),
        Check.arrives("/at-another-time"));
  }

  private static String handshake(Scene scene, Duration off) throws IOException {
    try (Guest guest = scene.daemons().bottle().guestAt(Instant.now().plus(off))) {
      return guest.tunnel(OPEN).send(get(OPEN, "/at-another-time")).rest();
    } catch (SSLHandshakeException refused) {
      return "refused";
    }
  }
}
