package dev.bottle.crd.policy;

import java.util.List;
import java.util.Objects;

/**
 * An address range that is otherwise refused and that a cluster admin made reachable on these
 * ports.
 *
 * @param cidr such as {@code 10.98.1.1/32} or {@code fd00::/64}
 * @param ports 1 to 65535
 */
public record PrivateDestination(String cidr, List<Integer> ports) {
  /** Copies; refuses absent parts and ports that do not exist. */
  public PrivateDestination {
    Objects.requireNonNull(cidr, "cidr is missing");
    ports = List.copyOf(Objects.requireNonNull(ports, "ports is missing"));
    if (ports.stream().anyMatch(port -> port < 1 || port > 65535)) {
      throw new IllegalArgumentException("a port must be 1 to 65535");
    }
  }
}
