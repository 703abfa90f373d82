package dev.bottle.system.adversarial;

import java.util.List;

/** Cases 38 to 50: those of daemons that are not there yet, and those that need a guest. */
final class Later {
  private static final String GIT = "git-gate";
  private static final String SUPERVISE = "supervise";
  private static final String TEST = "its test";

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
        later(47, "a daemon that is stopped, crashes or runs out of memory", TEST),
        guest(48, "the authority's key is not in the guest"),
        later(48, "clocks that are wrong", TEST),
        guest(49, "a process in the machine monitor's place tries cases 1 to 11"),
        later(50, "two Bottles of the same name in two namespaces", TEST));
  }

  private static Case guest(int number, String tried) {
    return new Case.Elsewhere(number, tried, Level.BOTTLE, List.of("AdversarialIT#aCaseHolds"));
  }

  private static Case later(int number, String tried, String what) {
    return new Case.NotBuilt(number, tried, what);
  }
}
