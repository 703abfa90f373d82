package dev.bottle.operator.observe;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.Placement;
import dev.bottle.operator.cluster.ClusterFacts;
import dev.bottle.operator.cluster.NodeFacts;
import dev.bottle.operator.lease.AgentState;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a reconcile knows. Nothing here came from a Secret, and nothing else is asked.
 *
 * @param pod the object with the bundle Pod's name, whoever owns it, when it carries our labels
 * @param approvals the BottleApprovals whose owner has this Bottle's name, by name
 * @param agents by node; a node without a Lease is not in it
 */
public record Observation(
    Bottle bottle,
    @Nullable Pod pod,
    @Nullable ConfigMap policy,
    @Nullable ConfigMap guest,
    @Nullable NetworkPolicy networkPolicy,
    List<BottleApproval> approvals,
    ClusterFacts cluster,
    Map<String, AgentState> agents,
    Instant now) {

  private static final BottleStatus EMPTY =
      new BottleStatus(
          null, null, null, null, null, null, null, null, null, null, null, null, null, null);

  /** The status, never null. */
  public BottleStatus status() {
    BottleStatus status = bottle.getStatus();
    return status == null ? EMPTY : status;
  }

  /** Where the machine is, or null when nothing was ever placed. */
  public @Nullable Placement placement() {
    return status().placement();
  }

  /** The node of the placement, if it is still the same node. */
  public @Nullable NodeFacts placedNode() {
    Placement placement = placement();
    if (placement == null) {
      return null;
    }
    NodeFacts node = cluster.nodes().get(placement.nodeName());
    return node != null && node.uid().equals(placement.nodeUID()) ? node : null;
  }

  /** The agent of this node. */
  public AgentState agent(String node) {
    return agents.getOrDefault(node, AgentState.Missing);
  }

  /** Whether the node of this placement is still the same node and its agent is alive. */
  public boolean isReachable(Placement placement) {
    return placedNode() != null && agent(placement.nodeName()) == AgentState.Fresh;
  }
}
