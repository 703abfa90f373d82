package dev.bottle.operator.status;

import dev.bottle.crd.api.DaemonStatus;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.policy.TokenSlot;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * RoutesReady: whether every route has its credential. Egress says which slots are empty, by name;
 * which Secret and key that is, is known from the policy that it serves. No value is known here.
 */
final class RoutesVerdict {
  private RoutesVerdict() {}

  /**
   * @param egress what egress of the current Pod reported
   * @param slots of the rendered policy
   */
  static Verdict of(Optional<DaemonStatus> egress, List<TokenSlot> slots, String policyHash) {
    if (egress.filter(DaemonStatus::ready).isEmpty()) {
      return Verdict.unknown(Reason.WaitingForDaemons, "egress has not reported that it serves");
    }
    if (!policyHash.equals(egress.get().policyHash())) {
      return Verdict.unknown(Reason.PolicyPending, "egress still serves the former policy");
    }
    List<String> reported = egress.get().emptySlots();
    String missing =
        slots.stream()
            .filter(slot -> reported != null && reported.contains(slot.name()))
            .map(slot -> "key " + slot.key() + " of Secret " + slot.secret())
            .collect(Collectors.joining(", "));
    return missing.isEmpty()
        ? Verdict.yes(Reason.CredentialsPresent, "every route has its credential")
        : Verdict.no(
            Reason.SecretMissing,
            missing + ": missing, empty or unusable; its routes answer 503, the others live on");
  }
}
