package dev.bottle.operator.render;

import dev.bottle.crd.policy.TokenSlot;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.List;

/**
 * The objects of one Bottle, complete and deterministic.
 *
 * @param pod unpinned and without the placement epoch; see {@link PodPin}
 * @param policyHash of the bytes of policy.json
 * @param guestHash of guest.json and the inline prompt
 * @param shapeHash of the Pod's spec before it is pinned to a node
 * @param slots the token slots of egress
 * @param gitSlots the credential slots of git-gate, which is there when there are any
 * @param supervised whether the Pod has a supervise
 * @param withPipelock whether the Pod has a pipelock
 */
public record Rendered(
    ConfigMap policy,
    ConfigMap guest,
    NetworkPolicy networkPolicy,
    Pod pod,
    String policyHash,
    String guestHash,
    String shapeHash,
    List<TokenSlot> slots,
    List<TokenSlot> gitSlots,
    boolean supervised,
    boolean withPipelock) {}
