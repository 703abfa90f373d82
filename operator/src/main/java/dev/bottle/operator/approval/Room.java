package dev.bottle.operator.approval;

/**
 * Whether one more grant may begin. The cache may lag behind our own recordings: what it shows as
 * decided and not recorded may be active already, so each of those counts, but the one that is
 * judged. When they cannot all begin, the last of them are refused first; the others are judged
 * anew when that is recorded.
 */
final class Room {
  /** About one decision. */
  enum Answer {
    Yes,
    No,
    NotYet
  }

  private final int active;
  private final int possible;
  private int judged;

  /**
   * @param active how many grants are
   * @param possible how many decisions may begin one, or have and it is not seen yet
   */
  Room(int active, int possible) {
    this.active = active;
    this.possible = possible;
  }

  /** For the next of the decisions that would begin a grant, always in the same order. */
  Answer next() {
    int before = active + judged;
    judged++;
    if (active + possible - 1 < Approvals.MAX_GRANTS) {
      return Answer.Yes;
    }
    return before < Approvals.MAX_GRANTS ? Answer.NotYet : Answer.No;
  }
}
