package dev.bottle.operator.status;

import dev.bottle.crd.api.DaemonStatus;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.policy.TokenSlot;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * RoutesReady: whether every route and every git upstream has its credential. The daemons say which
 * slots are empty, by name; which Secret and key that is, is known from the policy that they serve.
 * No value is known here.
 */
final class RoutesVerdict {
  private RoutesVerdict() {}

  /**
   * One daemon and its slots.
   *
   * @param report what it reported, in the current Pod
   * @param slots of the rendered policy
   */
  record Part(String daemon, Optional<DaemonStatus> report, List<TokenSlot> slots) {
    private Stream<String> missing() {
      List<String> empty = report.map(DaemonStatus::emptySlots).orElse(List.of());
      return slots.stream()
          .filter(slot -> empty.contains(slot.name()))
          .map(slot -> "key " + slot.key() + " of Secret " + slot.secret());
    }
  }

  static Verdict of(List<Part> parts, String policyHash) {
    for (Part part : parts) {
      if (part.report().filter(DaemonStatus::ready).isEmpty()) {
        return Verdict.unknown(
            Reason.WaitingForDaemons, part.daemon() + " has not reported that it serves");
      }
      if (!policyHash.equals(part.report().get().policyHash())) {
        return Verdict.unknown(
            Reason.PolicyPending, part.daemon() + " still serves the former policy");
      }
    }
    String missing =
        parts.stream().flatMap(Part::missing).distinct().collect(Collectors.joining(", "));
    return missing.isEmpty()
        ? Verdict.yes(Reason.CredentialsPresent, "every route has its credential")
        : Verdict.no(
            Reason.SecretMissing,
            missing + ": missing, empty or unusable; its routes answer 503, the others live on");
  }
}
