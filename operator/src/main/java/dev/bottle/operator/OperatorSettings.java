package dev.bottle.operator;

import java.util.Map;
import java.util.Optional;

/**
 * What the Deployment says by environment variables.
 *
 * @param bundleImage BUNDLE_IMAGE, required: the image of all daemons
 * @param namespace POD_NAMESPACE: where the leader's Lease lives
 * @param identity POD_NAME: who holds it
 * @param leaderElection LEADER_ELECTION
 * @param healthPort HEALTH_PORT
 * @param serviceAddress KUBERNETES_SERVICE_HOST, which kubelet sets: the API server's Service
 */
record OperatorSettings(
    String bundleImage,
    String namespace,
    String identity,
    boolean leaderElection,
    int healthPort,
    Optional<String> serviceAddress) {

  /**
   * @throws IllegalArgumentException naming the variable
   */
  static OperatorSettings from(Map<String, String> environment) {
    String image = environment.getOrDefault("BUNDLE_IMAGE", "");
    if (image.isBlank()) {
      throw new IllegalArgumentException(
          "BUNDLE_IMAGE is not set: name the image of the bundle's daemons");
    }
    return new OperatorSettings(
        image,
        environment.getOrDefault("POD_NAMESPACE", "bottle-system"),
        environment.getOrDefault("POD_NAME", "operator-" + ProcessHandle.current().pid()),
        flag(environment, "LEADER_ELECTION"),
        port(environment),
        Optional.ofNullable(environment.get("KUBERNETES_SERVICE_HOST")));
  }

  private static boolean flag(Map<String, String> environment, String name) {
    return switch (environment.getOrDefault(name, "true")) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(name + " must be true or false");
    };
  }

  private static int port(Map<String, String> environment) {
    String text = environment.getOrDefault("HEALTH_PORT", "8080");
    try {
      int port = Integer.parseInt(text);
      if (port >= 0 && port <= 65_535) {
        return port;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new IllegalArgumentException("HEALTH_PORT must be a port, not '" + text + "'");
  }
}
