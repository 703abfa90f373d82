package dev.bottle.crd.policy;

import java.util.List;

/**
 * An address range that is otherwise refused and that a cluster admin made reachable on these
 * ports.
 */
public record PrivateDestination(String cidr, List<Integer> ports) {}
