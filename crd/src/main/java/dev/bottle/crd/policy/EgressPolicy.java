package dev.bottle.crd.policy;

import java.util.List;

/** What egress allows. */
public record EgressPolicy(
    List<String> allow,
    List<PrivateDestination> privateDestinations,
    List<String> refusedAddresses,
    String upstreamRoots) {}
