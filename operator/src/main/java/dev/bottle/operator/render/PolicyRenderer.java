package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.EgressSpec;
import dev.bottle.crd.api.GrantStatus;
import dev.bottle.crd.api.ResponseSpec;
import dev.bottle.crd.policy.BottleIdentity;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.Grant;
import dev.bottle.crd.policy.InjectionPatterns;
import dev.bottle.crd.policy.Inspection;
import dev.bottle.crd.policy.Policy;
import dev.bottle.crd.policy.PrivateDestination;
import dev.bottle.crd.policy.ResponsePolicy;
import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.cluster.ClusterFacts;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * policy.json of a Bottle. The same meaning gives the same bytes: lists whose order has no meaning
 * are sorted and distinct.
 */
final class PolicyRenderer {
  private PolicyRenderer() {}

  static byte[] render(
      Bottle bottle, AdminConfig admin, ClusterFacts cluster, List<GrantStatus> grants) {
    EgressSpec egress = bottle.getSpec().egress();
    List<String> allow =
        egress == null || egress.allow() == null
            ? List.of()
            : egress.allow().stream().distinct().sorted().toList();

    return new Policy(
            Policy.VERSION,
            new BottleIdentity(
                bottle.getMetadata().getNamespace(),
                bottle.getMetadata().getName(),
                bottle.getMetadata().getUid()),
            new EgressPolicy(
                allow,
                admin.privateDestinations().stream()
                    .map(opened -> new PrivateDestination(opened.cidr().toString(), opened.ports()))
                    .toList(),
                cluster.refusedAddresses(admin),
                admin.upstreamRoots(),
                RouteRenderer.render(bottle),
                TokenSlots.of(bottle),
                inspection(egress == null ? null : egress.inspection()),
                responses(egress == null ? null : egress.responses()),
                Canary.of(bottle),
                grants(grants)),
            GitRenderer.render(bottle))
        .toJson();
  }

  private static List<Grant> grants(List<GrantStatus> grants) {
    return grants.stream()
        .map(grant ->
            new Grant(
                grant.host(),
                grant.methods() == null
                    ? List.of()
                    : grant.methods().stream().distinct().sorted().toList(),
                grant.pathPrefix(),
                Instant.parse(grant.notAfter()).getEpochSecond()))
        .distinct()
        .sorted(
            Comparator.comparing(Grant::host)
                .thenComparing(grant -> String.join(",", grant.methods()))
                .thenComparing(grant -> grant.pathPrefix() == null ? "" : grant.pathPrefix())
                .thenComparingLong(Grant::notAfterSeconds))
        .toList();
  }

  private static Inspection inspection(dev.bottle.crd.api.@Nullable Inspection inspection) {
    return switch (inspection) {
      case None -> Inspection.None;
      case Builtin -> Inspection.Builtin;
      case Pipelock -> Inspection.Pipelock;
      case null -> Inspection.Builtin;
    };
  }

  private static ResponsePolicy responses(@Nullable ResponseSpec responses) {
    if (responses == null) {
      return ResponsePolicy.DEFAULT;
    }
    return new ResponsePolicy(
        responses.maxSize() == null
            ? ResponsePolicy.DEFAULT_MAX_BYTES
            : responses.maxSize().getNumericalAmount().longValue(),
        responses.contentTypes() == null
            ? List.of()
            : responses.contentTypes().stream().distinct().sorted().toList(),
        switch (responses.injectionPatterns()) {
          case Observe -> InjectionPatterns.Observe;
          case None -> InjectionPatterns.None;
          case null -> InjectionPatterns.None;
        });
  }
}
