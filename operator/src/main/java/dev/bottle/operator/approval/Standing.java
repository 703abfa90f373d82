package dev.bottle.operator.approval;

import dev.bottle.crd.api.ApprovalDecision;
import dev.bottle.crd.api.ApprovalPhase;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.api.BottleApprovalStatus;
import dev.bottle.crd.api.Verdict;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.request.Ask;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the status of one BottleApproval has to say. A decision is judged once, when it is first
 * seen; what was said then stays, but that a grant ends.
 *
 * @param open the request of its id, if the agent still asks
 */
record Standing(BottleApproval approval, @Nullable Asked open, Instant now) {

  /** The status, equal to the one that is there when nothing is new. */
  BottleApprovalStatus status() {
    BottleApprovalStatus current = approval.getStatus();
    return switch (phase(approval)) {
      case Pending -> {
        ApprovalDecision decision = approval.getDecision();
        yield decision == null ? undecided() : decided(decision);
      }
      case Applied -> isOver() ? ended(current) : current;
      case Denied, Ended, Expired, Withdrawn -> current;
    };
  }

  /** The status of a decision that would begin a grant, when there are enough of them. */
  BottleApprovalStatus refused() {
    return ignored(
        ApprovalPhase.Expired,
        Reason.TooManyGrants,
        Approvals.MAX_GRANTS + " grants are active, and there is no room for another");
  }

  /** The status of a grant that is one too many, however it came to be. */
  BottleApprovalStatus surplus(BottleApprovalStatus applied) {
    return ended(
        applied,
        Reason.TooManyGrants,
        "more than " + Approvals.MAX_GRANTS + " grants were active, and this one was ended");
  }

  /** The recorded phase. */
  static ApprovalPhase phase(BottleApproval approval) {
    BottleApprovalStatus status = approval.getStatus();
    return status == null || status.phase() == null ? ApprovalPhase.Pending : status.phase();
  }

  private boolean isOver() {
    return approval.getSpec().egress() != null && Granting.active(approval, now).isEmpty();
  }

  private BottleApprovalStatus undecided() {
    return open == null || open.isExpired(now)
        ? said(ApprovalPhase.Expired, Reason.RequestExpired, "nobody decided in time", null, null)
        : said(
            ApprovalPhase.Pending,
            Reason.DecisionNeeded,
            "the agent asks for " + what(open.ask()) + "; a person decides",
            null,
            null);
  }

  private BottleApprovalStatus decided(ApprovalDecision decision) {
    Optional<Asked> shown = Asked.of(approval.getSpec());
    if (shown.isEmpty() || (open != null && !open.hash().equals(shown.get().hash()))) {
      return ignored(
          ApprovalPhase.Expired,
          Reason.DecisionNotOfRequest,
          "the decision is about something other than what the agent asks for");
    }
    if (shown.get().isExpired(decidedAt())) {
      return ignored(
          ApprovalPhase.Expired,
          Reason.DecisionTooLate,
          "the decision came after " + approval.getSpec().expiresAt());
    }
    if (open == null) {
      return ignored(
          ApprovalPhase.Withdrawn,
          Reason.RequestWithdrawn,
          "the request had ended when the operator saw the decision");
    }
    return decision.verdict() == Verdict.Denied
        ? said(
            ApprovalPhase.Denied,
            Reason.DecisionApplied,
            "denied: " + what(open.ask()),
            decidedAt(),
            null)
        : approved(decision, shown.get().ask());
  }

  private BottleApprovalStatus approved(ApprovalDecision decision, Ask ask) {
    return switch (ask) {
      case Ask.Egress egress -> {
        Instant end = Granting.end(egress, decision, decidedAt());
        yield now.isBefore(end)
            ? said(
                ApprovalPhase.Applied,
                Reason.DecisionApplied,
                what(egress) + " is allowed until " + end,
                decidedAt(),
                end)
            : ignored(
                ApprovalPhase.Expired,
                Reason.GrantEnded,
                "what was allowed ended at " + end + ", before the operator saw the decision");
      }
      case Ask.Git git ->
          said(
              ApprovalPhase.Applied,
              Reason.DecisionApplied,
              "the agent is told; the upstream is added to spec.git.upstreams by a person",
              decidedAt(),
              null);
      case Ask.Question question ->
          said(
              ApprovalPhase.Applied,
              Reason.DecisionApplied,
              "the agent is told the answer",
              decidedAt(),
              null);
    };
  }

  private BottleApprovalStatus ignored(ApprovalPhase phase, Reason reason, String message) {
    return said(phase, reason, message + "; it has no effect", decidedAt(), null);
  }

  private BottleApprovalStatus ended(BottleApprovalStatus applied) {
    return ended(
        applied,
        Reason.GrantEnded,
        Times.recorded(applied.decidedAt(), now).isPresent()
            ? "the grant's time is over"
            : "decidedAt is no time that has been, so nothing is granted");
  }

  private static BottleApprovalStatus ended(
      BottleApprovalStatus applied, Reason reason, String message) {
    return new BottleApprovalStatus(
        applied.observedGeneration(),
        ApprovalPhase.Ended,
        reason.name(),
        message,
        applied.decidedAt(),
        applied.notAfter());
  }

  private BottleApprovalStatus said(
      ApprovalPhase phase,
      Reason reason,
      String message,
      @Nullable Instant decidedAt,
      @Nullable Instant notAfter) {
    return new BottleApprovalStatus(
        approval.getMetadata().getGeneration(),
        phase,
        reason.name(),
        message,
        decidedAt == null ? null : decidedAt.toString(),
        notAfter == null ? null : notAfter.toString());
  }

  private Instant decidedAt() {
    return Times.decided(approval, now);
  }

  /** In words that are not the agent's, but for names that have a grammar. */
  private static String what(Ask ask) {
    return switch (ask) {
      case Ask.Egress egress -> "host " + egress.host();
      case Ask.Git git -> "git upstream " + git.url();
      case Ask.Question question -> "an answer";
    };
  }
}
