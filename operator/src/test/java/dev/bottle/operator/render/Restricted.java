package dev.bottle.operator.render;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The Pod Security Standard "restricted" (kubernetes.io/docs/concepts/security, of 1.32), written
 * down again from the standard and not from our renderer.
 */
final class Restricted {
  private Restricted() {}

  /** What violates it, in words; empty when nothing does. */
  static List<String> violations(PodSpec pod) {
    List<String> violations = new ArrayList<>();
    if (Boolean.TRUE.equals(pod.getHostNetwork())
        || Boolean.TRUE.equals(pod.getHostPID())
        || Boolean.TRUE.equals(pod.getHostIPC())) {
      violations.add("host namespaces");
    }
    for (Volume volume : pod.getVolumes()) {
      boolean allowed =
          Stream.of(
                      volume.getConfigMap(),
                      volume.getSecret(),
                      volume.getEmptyDir(),
                      volume.getProjected())
                  .filter(kind -> kind != null)
                  .count()
              == 1;
      if (!allowed || volume.getHostPath() != null) {
        violations.add("volume " + volume.getName());
      }
    }
    boolean podSeccomp =
        pod.getSecurityContext() != null
            && pod.getSecurityContext().getSeccompProfile() != null
            && List.of("RuntimeDefault", "Localhost")
                .contains(pod.getSecurityContext().getSeccompProfile().getType());
    if (!podSeccomp) {
      violations.add("seccomp");
    }
    Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream())
        .forEach(container -> container(container, violations));
    return violations;
  }

  private static void container(Container container, List<String> violations) {
    SecurityContext context = container.getSecurityContext();
    if (context == null) {
      violations.add(container.getName() + " has no security context");
      return;
    }
    if (!Boolean.TRUE.equals(context.getRunAsNonRoot())
        || context.getRunAsUser() == null
        || context.getRunAsUser() == 0) {
      violations.add(container.getName() + " may run as root");
    }
    if (!Boolean.FALSE.equals(context.getAllowPrivilegeEscalation())) {
      violations.add(container.getName() + " may escalate");
    }
    if (Boolean.TRUE.equals(context.getPrivileged())) {
      violations.add(container.getName() + " is privileged");
    }
    if (context.getCapabilities() == null
        || !context.getCapabilities().getDrop().equals(List.of("ALL"))
        || !context.getCapabilities().getAdd().isEmpty()) {
      violations.add(container.getName() + " keeps capabilities");
    }
    if (context.getSeccompProfile() != null
        && "Unconfined".equals(context.getSeccompProfile().getType())) {
      violations.add(container.getName() + " is unconfined");
    }
    if (container.getPorts().stream().anyMatch(port -> port.getHostPort() != null)) {
      violations.add(container.getName() + " has a host port");
    }
  }
}
