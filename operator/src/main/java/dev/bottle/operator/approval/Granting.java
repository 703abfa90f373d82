package dev.bottle.operator.approval;

import dev.bottle.crd.api.ApprovalDecision;
import dev.bottle.crd.api.ApprovalPhase;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.api.BottleApprovalStatus;
import dev.bottle.crd.api.GrantStatus;
import dev.bottle.crd.api.Verdict;
import dev.bottle.crd.request.Ask;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The host that a recorded BottleApproval allows, and until when. */
final class Granting {
  private Granting() {}

  /**
   * The end of a grant: what was asked for, or less when the person said so.
   *
   * @param decidedAt in whole seconds
   */
  static Instant end(Ask.Egress ask, ApprovalDecision decision, Instant decidedAt) {
    Long ttl = decision.ttlSeconds();
    return decidedAt.plusSeconds(ttl == null ? ask.ttlSeconds() : Math.min(ttl, ask.ttlSeconds()));
  }

  /** Empty when it allows nothing, or no longer. */
  static Optional<GrantStatus> active(BottleApproval approval, Instant now) {
    ApprovalDecision decision = approval.getDecision();
    BottleApprovalStatus status = approval.getStatus();
    if (decision == null
        || decision.verdict() != Verdict.Approved
        || status == null
        || status.phase() != ApprovalPhase.Applied
        || status.decidedAt() == null) {
      return Optional.empty();
    }
    Instant decidedAt;
    try {
      decidedAt = Instant.parse(status.decidedAt());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
    return Asked.of(approval.getSpec())
        .map(Asked::ask)
        .filter(Ask.Egress.class::isInstance)
        .map(Ask.Egress.class::cast)
        .filter(ask -> now.isBefore(end(ask, decision, decidedAt)))
        .map(ask -> grant(approval, ask, end(ask, decision, decidedAt)));
  }

  private static GrantStatus grant(BottleApproval approval, Ask.Egress ask, Instant end) {
    List<String> methods = ask.methods();
    return new GrantStatus(
        approval.getMetadata().getName(),
        ask.host(),
        methods.isEmpty() ? null : methods,
        ask.pathPrefix(),
        end.toString());
  }
}
