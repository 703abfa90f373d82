package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.EgressSpec;
import dev.bottle.crd.policy.BottleIdentity;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.Policy;
import dev.bottle.crd.policy.PrivateDestination;
import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.cluster.ClusterFacts;
import java.util.List;

/**
 * policy.json of a Bottle. The same meaning gives the same bytes: lists are sorted and distinct.
 */
final class PolicyRenderer {
  private PolicyRenderer() {}

  static byte[] render(Bottle bottle, AdminConfig admin, ClusterFacts cluster) {
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
                admin.upstreamRoots()))
        .toJson();
  }
}
