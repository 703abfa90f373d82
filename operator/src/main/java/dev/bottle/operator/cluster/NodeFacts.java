package dev.bottle.operator.cluster;

import dev.bottle.operator.admin.AddressRanges;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import java.util.List;
import java.util.Set;

/**
 * What matters of a Node.
 *
 * @param uid tells a node from a later one of the same name
 * @param addresses its IP addresses as literals, sorted; what a node claims and is no address is
 *     left out, so that no node can stop the rendering of every Bottle
 */
public record NodeFacts(String name, String uid, List<String> addresses) {
  private static final Set<String> IP_TYPES = Set.of("InternalIP", "ExternalIP");

  /** The facts of this Node. */
  public static NodeFacts of(Node node) {
    List<NodeAddress> addresses =
        node.getStatus() == null || node.getStatus().getAddresses() == null
            ? List.of()
            : node.getStatus().getAddresses();
    return new NodeFacts(
        node.getMetadata().getName(),
        node.getMetadata().getUid(),
        addresses.stream()
            .filter(address -> IP_TYPES.contains(address.getType()))
            .flatMap(address -> AddressRanges.parse(address.getAddress()).stream())
            .map(AddressRanges::text)
            .distinct()
            .sorted()
            .toList());
  }
}
