package dev.bottle.operator.approval;

import dev.bottle.crd.api.ApprovalDecision;
import dev.bottle.crd.api.ApprovalPhase;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.api.GrantStatus;
import dev.bottle.crd.api.RequestDecision;
import dev.bottle.crd.api.Verdict;
import dev.bottle.crd.request.PlainLine;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the agent is told of recorded decisions. That a host is allowed it hears once that is so: a
 * grant that ended before it was ever rendered is told to nobody.
 *
 * @param decisions what is true whatever is rendered, or was said before
 * @param opened what is true once the grants are rendered
 */
record Answers(List<RequestDecision> decisions, List<RequestDecision> opened) {
  private static final int MAX_NOTE = 2000;

  /**
   * @param open the BottleApprovals whose requests are
   * @param told what the status says already
   */
  static Answers of(
      List<BottleApproval> open, List<GrantStatus> grants, List<RequestDecision> told) {
    List<String> granted = grants.stream().map(GrantStatus::approval).toList();
    Predicate<BottleApproval> isNews =
        approval -> opens(approval) && decision(approval).filter(told::contains).isEmpty();
    return new Answers(
        decisions(open, isNews.negate()),
        decisions(
            open, isNews.and(approval -> granted.contains(approval.getMetadata().getName()))));
  }

  private static List<RequestDecision> decisions(
      List<BottleApproval> open, Predicate<BottleApproval> which) {
    return open.stream()
        .filter(which)
        .flatMap(approval -> decision(approval).stream())
        .sorted(Comparator.comparing(RequestDecision::id))
        .toList();
  }

  /** Whether it is about a host that is allowed. */
  private static boolean opens(BottleApproval approval) {
    return approval.getSpec().egress() != null
        && verdict(Standing.phase(approval)).filter(Verdict.Approved::equals).isPresent();
  }

  private static Optional<RequestDecision> decision(BottleApproval approval) {
    ApprovalDecision decision = approval.getDecision();
    if (decision == null) {
      return Optional.empty();
    }
    return verdict(Standing.phase(approval))
        .map(verdict ->
            new RequestDecision(
                approval.getSpec().requestId(),
                approval.getSpec().requestHash(),
                verdict,
                note(decision)));
  }

  private static Optional<Verdict> verdict(ApprovalPhase recorded) {
    return switch (recorded) {
      case Applied, Ended -> Optional.of(Verdict.Approved);
      case Denied -> Optional.of(Verdict.Denied);
      case Pending, Expired, Withdrawn -> Optional.empty();
    };
  }

  private static @Nullable String note(ApprovalDecision decision) {
    String note = decision.note() == null ? "" : PlainLine.of(decision.note(), MAX_NOTE);
    return note.isEmpty() ? null : note;
  }
}
