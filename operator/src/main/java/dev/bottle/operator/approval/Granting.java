package dev.bottle.operator.approval;

import dev.bottle.crd.api.ApprovalDecision;
import dev.bottle.crd.api.ApprovalPhase;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.api.BottleApprovalStatus;
import dev.bottle.crd.api.GrantStatus;
import dev.bottle.crd.api.Verdict;
import dev.bottle.crd.request.Ask;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The host that a BottleApproval allows, and until when. */
final class Granting {
  private Granting() {}

  /**
   * The end of a grant: what was asked for, or less when the person said so.
   *
   * @param decidedAt in whole seconds
   */
  static Instant end(Ask.Egress ask, ApprovalDecision decision, Instant decidedAt) {
    Long ttl = decision.ttlSeconds();
    return decidedAt.plusSeconds(
        ttl == null ? ask.ttlSeconds() : Math.clamp(ttl, 0, ask.ttlSeconds()));
  }

  /** What is granted as recorded; empty when it allows nothing, or no longer. */
  static Optional<GrantStatus> active(BottleApproval approval, Instant now) {
    BottleApprovalStatus status = approval.getStatus();
    return status == null || status.phase() != ApprovalPhase.Applied
        ? Optional.empty()
        : Times.recorded(status.decidedAt(), now)
            .flatMap(decidedAt -> grant(approval, decidedAt, now));
  }

  /** Whether it may be active as soon as it is recorded, or is and the cache does not know. */
  static boolean isPossible(BottleApproval approval, Instant now) {
    return Standing.phase(approval) == ApprovalPhase.Pending
        && grant(approval, Times.decided(approval, now), now).isPresent();
  }

  private static Optional<GrantStatus> grant(
      BottleApproval approval, Instant decidedAt, Instant now) {
    ApprovalDecision decision = approval.getDecision();
    return decision == null || decision.verdict() != Verdict.Approved
        ? Optional.empty()
        : Asked.of(approval.getSpec())
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
