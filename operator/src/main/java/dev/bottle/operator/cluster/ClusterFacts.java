package dev.bottle.operator.cluster;

import dev.bottle.operator.admin.AddressRanges;
import dev.bottle.operator.admin.AdminConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One immutable view of what the cluster is, apart from Bottles.
 *
 * @param nodes by name
 * @param apiServerAddresses IP literals under which the API server answers
 */
public record ClusterFacts(
    Map<String, NodeFacts> nodes, Set<String> apiServerAddresses, AdminConfig.Result admin) {

  /**
   * Addresses that egress must refuse although a range would let them through: those of nodes and
   * API server that are public or lie within a range that the admin opened. The others are private
   * and refused anyway; leaving them out keeps a new node from changing every Bottle's policy
   * (docs/adr/0011).
   */
  public List<String> refusedAddresses(AdminConfig config) {
    return Stream.concat(
            nodes.values().stream().flatMap(node -> node.addresses().stream()),
            apiServerAddresses.stream())
        .flatMap(address -> AddressRanges.parse(address).stream())
        .filter(address ->
            AddressRanges.isPublic(address)
                || config.privateDestinations().stream()
                    .anyMatch(opened -> opened.cidr().contains(address)))
        .map(AddressRanges::text)
        .distinct()
        .sorted()
        .toList();
  }
}
