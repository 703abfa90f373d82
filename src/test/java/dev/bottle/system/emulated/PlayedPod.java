package dev.bottle.system.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.system.endtoend.Shell;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A Pod that is bound to the emulated node, and what kubelet does for it, one step at a time. */
final class PlayedPod {
  /** What a JVM is told so that it starts soon where each instruction is emulated. */
  private static final String JAVA = "JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1";

  private final KubernetesClient client;
  private final EmulatedNode node;
  private final Pod pod;
  private final String image;
  private final VolumeFiles volumes;
  private final Map<String, Process> containers = new TreeMap<>();

  /**
   * Makes its cgroup.
   *
   * @param image what all of its containers run, of the images that the node has
   */
  PlayedPod(KubernetesClient client, EmulatedNode node, Pod pod, String image) {
    this.client = client;
    this.node = node;
    this.pod = pod;
    this.image = image;
    volumes = new VolumeFiles(client, pod);
    node.kubelet("pod", uid(), memory().toBigInteger().toString()).orThrow();
  }

  String uid() {
    return pod.getMetadata().getUid();
  }

  /** kubelet limits a Pod by the sum of its containers. */
  private BigDecimal memory() {
    return pod.getSpec().getContainers().stream()
        .map(container -> container.getResources().getLimits().get("memory"))
        .map(Quantity::getAmountInBytes)
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  /** Runs an init container to its end. */
  void init(String name) throws IOException, InterruptedException {
    Process process = run(container(pod.getSpec().getInitContainers(), name), List.of());
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).as(name).isTrue();
    assertThat(process.exitValue()).as(log(name)).isZero();
  }

  /**
   * Starts a container.
   *
   * @param more mounts and variables beside what its spec has
   */
  void start(String name, String... more) throws IOException {
    containers.put(name, run(container(pod.getSpec().getContainers(), name), List.of(more)));
  }

  /**
   * A volume is set up with the first container that mounts it. kubelet sets all of them up first;
   * then the machine, which waits for the volumes of gate, would boot while egress starts, and both
   * emulated processors would be in KVM's loop (docs/adr/0024).
   */
  private Process run(Container container, List<String> more) throws IOException {
    volumes.writeTo(
        node.share(),
        container.getVolumeMounts().stream().map(VolumeMount::getName).collect(Collectors.toSet()));
    node.kubelet("volumes", uid()).orThrow();
    var security = container.getSecurityContext();
    boolean root = security == null || security.getRunAsUser() == null;
    List<String> command =
        container.getCommand().isEmpty() ? List.of("/usr/bin/agent") : container.getCommand();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                uid(),
                container.getName(),
                image,
                root ? "0" : "" + security.getRunAsUser(),
                JAVA));
    arguments.add("/srv/resolv.conf:/etc/resolv.conf");
    for (VolumeMount mount : container.getVolumeMounts()) {
      if (isOurs(mount)) {
        arguments.add(
            VolumeFiles.path(pod, mount.getName())
                + ":"
                + mount.getMountPath()
                + (Boolean.TRUE.equals(mount.getReadOnly()) ? ":ro" : ""));
      }
    }
    arguments.addAll(more);
    arguments.add("--");
    arguments.addAll(command);
    return node.container(container.getName() + ".log", arguments);
  }

  private boolean isOurs(VolumeMount mount) {
    return pod.getSpec().getVolumes().stream()
        .filter(volume -> volume.getName().equals(mount.getName()))
        .allMatch(volume -> volume.getHostPath() == null);
  }

  private static Container container(List<Container> all, String name) {
    return all.stream().filter(one -> one.getName().equals(name)).findFirst().orElseThrow();
  }

  /** A command in a running container, as its user: kubectl exec, and kubelet's exec probes. */
  Shell.Result exec(String container, String... command) {
    return node.kubelet(
        Stream.concat(Stream.of("exec", uid(), container), Stream.of(command))
            .toArray(String[]::new));
  }

  /** SIGTERM, and the exit code that came of it within the Pod's grace period. */
  int terminate(String container) throws InterruptedException {
    node.kubelet("signal", "TERM", uid(), container).orThrow();
    Process process = Objects.requireNonNull(containers.remove(container), container);
    assertThat(process.waitFor(pod.getSpec().getTerminationGracePeriodSeconds(), TimeUnit.SECONDS))
        .as(container + " ends within its grace period")
        .isTrue();
    return process.exitValue();
  }

  /** What the container printed. */
  String log(String container) throws IOException {
    return node.log(container + ".log");
  }

  /** Tells the API server that everything runs. */
  void reportReady() {
    String now = Instant.now().toString();
    List<ContainerStatus> init =
        pod.getSpec().getInitContainers().stream()
            .map(container ->
                status(container)
                    .withNewState()
                    .withNewTerminated()
                    .withExitCode(0)
                    .withReason("Completed")
                    .withStartedAt(now)
                    .withFinishedAt(now)
                    .endTerminated()
                    .endState()
                    .build())
            .toList();
    List<ContainerStatus> running =
        pod.getSpec().getContainers().stream()
            .map(container ->
                status(container)
                    .withStarted(true)
                    .withNewState()
                    .withNewRunning(now)
                    .endState()
                    .build())
            .toList();
    client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName(pod.getMetadata().getName())
                .withNamespace(pod.getMetadata().getNamespace())
                .endMetadata()
                .withNewStatus()
                .withPhase("Running")
                .withStartTime(now)
                .withHostIP(NodeObject.ADDRESS)
                .addAllToConditions(
                    Stream.of("Initialized", "ContainersReady", "Ready")
                        .map(type ->
                            new PodConditionBuilder()
                                .withType(type)
                                .withStatus("True")
                                .withLastTransitionTime(now)
                                .build())
                        .toList())
                .withInitContainerStatuses(init)
                .withContainerStatuses(running)
                .endStatus()
                .build())
        .subresource("status")
        .patch(NodeObject.AS_KUBELET);
  }

  private static ContainerStatusBuilder status(Container container) {
    return new ContainerStatusBuilder()
        .withName(container.getName())
        .withImage(container.getImage())
        .withImageID(container.getImage())
        .withReady(true)
        .withRestartCount(0);
  }

  /** Its containers have ended: volumes and cgroup go, and then the object. */
  void remove() {
    node.kubelet("remove", uid()).orThrow();
    client.resource(pod).withGracePeriod(0).delete();
  }
}
