package dev.bottle.system.emulated;

import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The Node object of the emulated node, and the signs of life that kubelet gives for it. */
final class NodeObject implements AutoCloseable {
  static final String NAME = "emulated";

  /** In the user network of QEMU. */
  static final String ADDRESS = "10.0.2.15";

  /** Applied, not updated: controllers write into the same status. */
  static final PatchContext AS_KUBELET =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager("kubelet")
          .withForce(true)
          .build();

  private static final String LEASES = "kube-node-lease";
  private static final int SECONDS_BETWEEN_SIGNS = 10;

  private final KubernetesClient client;
  private final ScheduledExecutorService heart = Executors.newSingleThreadScheduledExecutor();

  NodeObject(KubernetesClient client) {
    this.client = client;
  }

  /** As kubelet does when it begins. */
  void register() {
    remove(); // what a run left that was killed
    client
        .nodes()
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(NAME)
                .addToLabels(Names.MACHINES_NODE_LABEL, "true")
                .addToLabels("kubernetes.io/hostname", NAME)
                .addToLabels("kubernetes.io/os", "linux")
                .endMetadata()
                .build())
        .create();
    status(Map.of());
    var _ = heart.scheduleAtFixedRate(this::sign, 0, SECONDS_BETWEEN_SIGNS, TimeUnit.SECONDS);
  }

  /** As kubelet does when a device plugin that it watches has so many healthy devices. */
  void offer(int machines) {
    status(Map.of(Names.MACHINE_RESOURCE, new Quantity(Integer.toString(machines))));
  }

  /** The Pods that are bound to it. */
  List<Pod> pods() {
    return client.pods().inAnyNamespace().withField("spec.nodeName", NAME).list().getItems();
  }

  private void status(Map<String, Quantity> devices) {
    Map<String, Quantity> usual =
        Map.of(
            "cpu",
            new Quantity("2"),
            "memory",
            new Quantity("4Gi"),
            "pods",
            new Quantity("10"),
            "ephemeral-storage",
            new Quantity("10Gi"));
    String now = Instant.now().toString();
    client
        .nodes()
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(NAME)
                .endMetadata()
                .withNewStatus()
                .addNewAddress(ADDRESS, "InternalIP")
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .withReason("Played")
                .withMessage("a test plays kubelet")
                .withLastHeartbeatTime(now)
                .withLastTransitionTime(now)
                .endCondition()
                .withCapacity(usual)
                .addToCapacity(devices)
                .withAllocatable(usual)
                .addToAllocatable(devices)
                .endStatus()
                .build())
        .subresource("status")
        .patch(AS_KUBELET);
  }

  /** Without it the node lifecycle controller takes the Pods away after some minutes. */
  private void sign() {
    Lease lease =
        new LeaseBuilder()
            .withNewMetadata()
            .withName(NAME)
            .withNamespace(LEASES)
            .endMetadata()
            .withNewSpec()
            .withHolderIdentity(NAME)
            .withLeaseDurationSeconds(40)
            .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
            .endSpec()
            .build();
    client.leases().inNamespace(LEASES).resource(lease).forceConflicts().serverSideApply();
  }

  private void remove() {
    client.nodes().withName(NAME).delete();
    // Nobody but kubelet ends a Pod that is bound to a node.
    pods().forEach(pod -> client.resource(pod).withGracePeriod(0).delete());
    client.leases().inNamespace(LEASES).withName(NAME).delete();
    client.leases().inNamespace(Names.SYSTEM_NAMESPACE).withName(Names.agentLease(NAME)).delete();
  }

  @Override
  public void close() {
    heart.shutdownNow();
    remove();
  }
}
