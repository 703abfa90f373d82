package dev.bottle.agent;

import dev.bottle.agent.host.HostNamespaces;
import dev.bottle.agent.host.NodePaths;
import dev.bottle.agent.smolvm.MachineCgroups;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The agent's settings, from its environment.
 *
 * @param node {@code NODE_NAME}
 * @param nodeAddresses {@code NODE_IPS}, comma separated
 * @param hostPid {@code HOST_PID}: a process of the host whose namespaces may be entered, default 1
 * @param namespaces {@code HOST_NAMESPACES}: nsenter (default) or none
 * @param machineCgroups {@code MACHINE_CGROUP}: pod (default) or pod-or-own
 * @param paths {@code BOTTLE_HOME}, {@code RUN_DIRECTORY}, {@code KUBELET_ROOT}
 * @param adminConfig {@code ADMIN_CONFIG}: config.yaml of the ConfigMap bottle-admin, may be absent
 * @param podUid {@code POD_UID}: of the agent's own Pod; empty outside a Pod
 * @param devicePlugins {@code DEVICE_PLUGINS}: where kubelet looks for device plugins, the same
 *     whatever its root directory is
 * @param machinesMax {@code MACHINES_MAX}: how many machines the node may run; empty: as many as
 *     fit into its memory
 * @param healthPort {@code HEALTH_PORT}, default 8080
 * @param apiServer address:port as Pods see it; empty outside a Pod
 */
record AgentConfig(
    String node,
    List<String> nodeAddresses,
    long hostPid,
    HostNamespaces namespaces,
    MachineCgroups machineCgroups,
    NodePaths paths,
    Path adminConfig,
    Optional<String> podUid,
    Path devicePlugins,
    OptionalInt machinesMax,
    int healthPort,
    Optional<String> apiServer) {

  private static final int MOST_MACHINES = 9_999;

  static AgentConfig of(Map<String, String> environment) {
    String node = environment.getOrDefault("NODE_NAME", "");
    if (node.isEmpty()) {
      throw new IllegalArgumentException(
          "NODE_NAME is not set: the agent must know which node it serves; set it from"
              + " spec.nodeName by the downward API");
    }
    return new AgentConfig(
        node,
        Arrays.stream(environment.getOrDefault("NODE_IPS", "").split(",", -1))
            .map(String::strip)
            .filter(address -> !address.isEmpty())
            .toList(),
        number(environment, "HOST_PID", 1, Integer.MAX_VALUE),
        namespaces(environment.getOrDefault("HOST_NAMESPACES", "nsenter")),
        machineCgroups(environment.getOrDefault("MACHINE_CGROUP", "pod")),
        new NodePaths(
            Path.of(environment.getOrDefault("BOTTLE_HOME", "/var/lib/bottle")),
            Path.of(environment.getOrDefault("RUN_DIRECTORY", "/run/bottle")),
            Path.of(environment.getOrDefault("KUBELET_ROOT", "/var/lib/kubelet"))),
        Path.of(environment.getOrDefault("ADMIN_CONFIG", "/etc/bottle-admin/config.yaml")),
        Optional.of(environment.getOrDefault("POD_UID", "")).filter(uid -> !uid.isEmpty()),
        Path.of(environment.getOrDefault("DEVICE_PLUGINS", "/var/lib/kubelet/device-plugins")),
        environment.getOrDefault("MACHINES_MAX", "").isEmpty()
            ? OptionalInt.empty()
            : OptionalInt.of(number(environment, "MACHINES_MAX", 1, MOST_MACHINES)),
        number(environment, "HEALTH_PORT", 8080, 65_535),
        apiServer(environment));
  }

  private static int number(Map<String, String> environment, String name, int usual, int most) {
    String text = environment.getOrDefault(name, Integer.toString(usual));
    if (!text.matches("[0-9]{1,9}")
        || Integer.parseInt(text) < 1
        || Integer.parseInt(text) > most) {
      throw new IllegalArgumentException(
          name + " is " + text + ": it must be a number from 1 to " + most);
    }
    return Integer.parseInt(text);
  }

  private static HostNamespaces namespaces(String setting) {
    return switch (setting) {
      case "nsenter" -> HostNamespaces.NSENTER;
      case "none" -> HostNamespaces.NONE;
      default ->
          throw new IllegalArgumentException(
              "HOST_NAMESPACES is " + setting + ": it must be nsenter or none");
    };
  }

  private static MachineCgroups machineCgroups(String setting) {
    return switch (setting) {
      case "pod" -> MachineCgroups.POD;
      case "pod-or-own" -> MachineCgroups.POD_OR_OWN;
      default ->
          throw new IllegalArgumentException(
              "MACHINE_CGROUP is " + setting + ": it must be pod or pod-or-own");
    };
  }

  private static Optional<String> apiServer(Map<String, String> environment) {
    String host = environment.getOrDefault("KUBERNETES_SERVICE_HOST", "");
    String port = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
    if (host.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(host.contains(":") ? "[" + host + "]:" + port : host + ":" + port);
  }

  /** A process in the host's namespaces, as a name below /proc. */
  String hostProcess() {
    return namespaces == HostNamespaces.NONE ? "self" : Long.toString(hostPid);
  }
}
