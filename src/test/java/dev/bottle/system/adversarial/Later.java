package dev.bottle.system.adversarial;

import java.util.List;

/** Cases 38 to 49: those of daemons that are not there yet, and those that need a guest. */
final class Later {
  private static final String GIT = "git-gate";
  private static final String SUPERVISE = "supervise";

  private Later() {}

  static List<Case> cases() {
    return List.of(
        later(38, "a secret anywhere in a push", GIT),
        later(39, "going around the scan of a push; hostile repositories", GIT),
        later(40, "pushes to protected refs; pushes and commits around the gate", GIT),
        later(41, "wrong host keys, upstreams that are down or reject", GIT),
        later(42, "objects of other repositories and of rejected pushes", GIT),
        later(43, "wishes for everything, for addresses, with hostile texts", SUPERVISE),
        later(44, "forged, replayed and edited decisions", SUPERVISE),
        later(45, "grants that expire; a restart keeps the queue", SUPERVISE),
        guest(46, "a guest's root that rewrites trust, names and proxy settings"),
        guest(48, "the authority's key is not in the guest"),
        guest(49, "a process in the machine monitor's place tries cases 1 to 11"));
  }

  private static Case guest(int number, String tried) {
    return new Case.Elsewhere(number, tried, Level.BOTTLE, List.of("AdversarialIT#aCaseHolds"));
  }

  private static Case later(int number, String tried, String what) {
    return new Case.NotBuilt(number, tried, what);
  }
}
