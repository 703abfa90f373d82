package dev.bottle.system.adversarial;

import static dev.bottle.system.adversarial.Attacks.get;
import static dev.bottle.system.adversarial.Policies.OTHER_TOKEN;
import static dev.bottle.system.adversarial.Policies.REMOVED;
import static dev.bottle.system.adversarial.Policies.ROUTED;
import static dev.bottle.system.adversarial.Policies.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.policy.BottleIdentity;
import java.util.List;
import java.util.Map;

/**
 * Case 50: two Bottles of one name in two namespaces, whose routes name a Secret of the same name.
 * That neither trusts the other's authority is a row of case 48.
 */
final class Neighbours {
  private Neighbours() {}

  /** The Bottle of the same name: a Secret of its own, and a route less. */
  static Bottle.Setup setup(int health, String authorities) {
    return new Bottle.Setup(
        new BottleIdentity("neighbours", Bottle.IDENTITY.name(), "uid-2"),
        health,
        Policies.reduced(authorities),
        Map.of("EGRESS_TOKEN_0", OTHER_TOKEN),
        List.of());
  }

  static List<Case> cases() {
    return List.of(
        new Case.Tried(
            50,
            "the other's egress sends the other's token",
            scene -> {
              try (Guest guest = scene.daemons().other().guest()) {
                return guest.tunnel(ROUTED).send(get(ROUTED, "/v1/other")).rest();
              }
            },
            Check.arrives("authorization: Bearer " + OTHER_TOKEN, TOKEN)),
        new Case.Tried(
            50,
            "and this one's sends this one's",
            Attacks.inside(ROUTED, get(ROUTED, "/v1/own")),
            Check.arrives("authorization: Bearer " + TOKEN, OTHER_TOKEN)),
        new Case.Tried(
            50,
            "a host that only this one's policy allows, asked for by the other's guest",
            Neighbours::whatTheOtherMayNot,
            Check.silence()
                .and(Check.answered(403, "HostNotAllowed"))
                .and(seen -> assertThat(seen.denials()).as("of this one").isEmpty())),
        new Case.Elsewhere(
            50,
            "their objects, machines, canaries and directories on a node",
            Level.UNIT,
            List.of(
                "RendererPropertiesTest#aBottleOfTheSameNameElsewhereSharesNothing",
                "NodePathsTest#twoBottlesNeverShareADirectory",
                "CanaryTest#everyBottleHasItsOwnAndAlwaysTheSame")));
  }

  private static String whatTheOtherMayNot(Scene scene) throws Exception {
    Bottle other = scene.daemons().other();
    int before = other.denials().size();
    try (Guest guest = other.guest()) {
      String answer = guest.connect(REMOVED + ":443");
      Denial expected = new Denial("egress", REMOVED, 443, Reason.HostNotAllowed.name());
      await()
          .untilAsserted(
              () -> assertThat(other.denials().stream().skip(before)).containsExactly(expected));
      return answer;
    }
  }
}
