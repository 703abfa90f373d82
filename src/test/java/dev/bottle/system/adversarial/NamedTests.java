package dev.bottle.system.adversarial;

import java.util.List;

/** Cases 38 to 49, which other tests try: those of git-gate, of supervise, and of a guest. */
final class NamedTests {
  private NamedTests() {}

  static List<Case> cases() {
    return List.of(
        unit(38, "a secret anywhere in a push", "RefusedPushTest#doesNotReachTheUpstream"),
        whole(
            38,
            "a secret in the guest's own push",
            "GitGateIT#aSecretDoesNotReachTheUpstreamAndIsToldOfByRuleAndFile"),
        unit(
            39,
            "going around the scan of a push; a scanner that fails; hostile repositories",
            "RefusedPushTest#doesNotReachTheUpstream",
            "ScannerFaultTest#refuses"),
        unit(40, "pushes to protected refs", "RefusedPushTest#doesNotReachTheUpstream"),
        unit(
            40,
            "pushes and commits around the gate",
            "PushTest#aPushIsRefusedAlsoWhereARouteNamesIt",
            "PushTest#anApiThatWritesPassesOnlyWhereARouteNamesItsPath"),
        whole(
            40,
            "the guest's own push to a protected ref, and without the gate",
            "GitGateIT#aRefThatTheBottleDoesNotNameIsRefusedAndToldOf",
            "GitGateIT#theGuestHasNeitherTheKeyNorAWayOfItsOwn"),
        unit(
            41,
            "wrong host keys, upstreams that are down or reject",
            "GitGateTest#aHostKeyThatIsNotKnownIsRefused",
            "GitGateTest#anUpstreamThatIsDownFailsFetchAndPush",
            "GitGateTest#theUpstreamsRejectionReachesTheGuestAndTheGateStaysAsItWas"),
        unit(
            42,
            "objects of other repositories and of rejected pushes",
            "GitGateTest#objectsOfAnotherUpstreamCannotBeFetched",
            "GitGateTest#aRejectedObjectCannotBeFetchedByItsName"),
        unit(
            43,
            "hostile texts, a thousand requests",
            "SuperviseTest#whatTheGuestWritesIsPlainTextEverywhere",
            "SuperviseTest#aFloodLeavesTwentyOpenAndFewFilesAndEndsByItself",
            "RequestDeskTest#aFloodIsBoundedInMemoryAndOnTheDisk"),
        whole(
            43,
            "wishes for everything, for addresses, with hostile texts, a thousand of them",
            "SuperviseIT#wishesForEverythingAreNoRequests",
            "SuperviseIT#hostileWordsAreOnePlainLineWhereverTheyAreShown",
            "SuperviseIT#aFloodMakesFewObjectsAndFewWrites"),
        unit(
            44,
            "replayed decisions, those about other words, edited approvals",
            "SuperviseTest#aDecisionAppliesOnceAndIsToldOnEveryConnection",
            "SuperviseTest#aDecisionAboutAnythingElseChangesNothing",
            "ApprovalsTest#aDecisionAboutSomethingElseHasNoEffect",
            "ApprovalsTest#anApprovalWhoseWordsAreNotItsHashGrantsNothing"),
        whole(
            44,
            "decisions of the guest, of a program, in another's name, about words that changed",
            "SuperviseIT#theGuestDecidesNothing",
            "ApprovalPolicyIT#noProgramDecides",
            "ApprovalPolicyIT#nobodyDecidesInAnothersName",
            "ApprovalPolicyIT#aDecisionIsAboutWhatWasRead",
            "ApprovalPolicyIT#whatWasAskedForIsNotChanged",
            "ApprovalPolicyIT#peopleDoNotWriteTheStatus"),
        unit(
            45,
            "a grant's end closes what lives by it; restarts of egress and supervise",
            "GrantTest#atItsTimeWhatLivesByItIsClosedAndTheRestLivesOn",
            "GrantTest#aRestartInBetweenChangesNothing",
            "SuperviseTest#aRestartKeepsTheQueueAndWhatWasDecided"),
        whole(
            45,
            "a grant ends in time, also while no operator runs, and when it is taken back; a"
                + " refusal reaches the agent, also after a restart",
            "SuperviseIT#aGrantEndsInTimeAlsoWhileNoOperatorRuns",
            "SuperviseIT#whatAPersonAllowsIsReachedAtOnceAndNotAfterItIsTakenBack",
            "SuperviseIT#aRefusalReachesTheAgentAlsoAfterADaemonsRestart"),
        guest(46, "a guest's root that rewrites trust, names and proxy settings"),
        guest(48, "the authority's key is not in the guest"),
        guest(49, "a process in the machine monitor's place tries cases 1 to 11"));
  }

  /** By tests that drive the real daemons. */
  private static Case unit(int number, String tried, String... tests) {
    return new Case.Elsewhere(number, tried, Level.UNIT, List.of(tests));
  }

  private static Case whole(int number, String tried, String... tests) {
    return new Case.Elsewhere(number, tried, Level.WHOLE, List.of(tests));
  }

  private static Case guest(int number, String tried) {
    return new Case.Elsewhere(number, tried, Level.BOTTLE, List.of("AdversarialIT#aCaseHolds"));
  }
}
