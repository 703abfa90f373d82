package dev.bottle.system.adversarial;

import java.util.List;

/** Cases 38 to 49: those of git-gate, those of a daemon that is not there yet, and of a guest. */
final class Later {
  private static final String SUPERVISE = "supervise";

  private Later() {}

  static List<Case> cases() {
    return List.of(
        gate(38, "a secret anywhere in a push", "RefusedPushTest#doesNotReachTheUpstream"),
        whole(
            38,
            "a secret in the guest's own push",
            "GitGateIT#aSecretDoesNotReachTheUpstreamAndIsToldOfByRuleAndFile"),
        gate(
            39,
            "going around the scan of a push; a scanner that fails; hostile repositories",
            "RefusedPushTest#doesNotReachTheUpstream",
            "ScannerFaultTest#refuses"),
        gate(40, "pushes to protected refs", "RefusedPushTest#doesNotReachTheUpstream"),
        gate(
            40,
            "pushes and commits around the gate",
            "PushTest#aPushIsRefusedAlsoWhereARouteNamesIt",
            "PushTest#anApiThatWritesPassesOnlyWhereARouteNamesItsPath"),
        whole(
            40,
            "the guest's own push to a protected ref, and without the gate",
            "GitGateIT#aRefThatTheBottleDoesNotNameIsRefusedAndToldOf",
            "GitGateIT#theGuestHasNeitherTheKeyNorAWayOfItsOwn"),
        gate(
            41,
            "wrong host keys, upstreams that are down or reject",
            "GitGateTest#aHostKeyThatIsNotKnownIsRefused",
            "GitGateTest#anUpstreamThatIsDownFailsFetchAndPush",
            "GitGateTest#theUpstreamsRejectionReachesTheGuestAndTheGateStaysAsItWas"),
        gate(
            42,
            "objects of other repositories and of rejected pushes",
            "GitGateTest#objectsOfAnotherUpstreamCannotBeFetched",
            "GitGateTest#aRejectedObjectCannotBeFetchedByItsName"),
        later(43, "wishes for everything, for addresses, with hostile texts"),
        later(44, "forged, replayed and edited decisions"),
        later(45, "grants that expire; a restart keeps the queue"),
        guest(46, "a guest's root that rewrites trust, names and proxy settings"),
        guest(48, "the authority's key is not in the guest"),
        guest(49, "a process in the machine monitor's place tries cases 1 to 11"));
  }

  /** By tests that drive the real daemons as processes, against a real ssh server. */
  private static Case gate(int number, String tried, String... tests) {
    return new Case.Elsewhere(number, tried, Level.UNIT, List.of(tests));
  }

  private static Case whole(int number, String tried, String... tests) {
    return new Case.Elsewhere(number, tried, Level.WHOLE, List.of(tests));
  }

  private static Case guest(int number, String tried) {
    return new Case.Elsewhere(number, tried, Level.BOTTLE, List.of("AdversarialIT#aCaseHolds"));
  }

  private static Case later(int number, String tried) {
    return new Case.NotBuilt(number, tried, SUPERVISE);
  }
}
