package dev.bottle.crd.policy;

import java.util.List;
import java.util.Objects;

/**
 * What egress allows.
 *
 * @param allow hosts, each of {@link HostPattern}'s grammar
 * @param privateDestinations otherwise refused addresses that a cluster admin made reachable
 * @param refusedAddresses addresses of nodes and API server, refused whatever else is said
 * @param upstreamRoots PEM, added to the system's roots; empty for none
 */
public record EgressPolicy(
    List<String> allow,
    List<PrivateDestination> privateDestinations,
    List<String> refusedAddresses,
    String upstreamRoots) {
  /** Copies; refuses absent parts and what is no host. */
  public EgressPolicy {
    allow = List.copyOf(Objects.requireNonNull(allow, "allow is missing"));
    privateDestinations =
        List.copyOf(Objects.requireNonNull(privateDestinations, "privateDestinations is missing"));
    refusedAddresses =
        List.copyOf(Objects.requireNonNull(refusedAddresses, "refusedAddresses is missing"));
    Objects.requireNonNull(upstreamRoots, "upstreamRoots is missing");
    for (int i = 0; i < allow.size(); i++) {
      if (HostPattern.parse(allow.get(i)).isEmpty()) {
        throw new IllegalArgumentException("allow[" + i + "] is not a host");
      }
    }
  }
}
