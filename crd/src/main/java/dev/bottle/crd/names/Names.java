package dev.bottle.crd.names;

/** Names of the objects, labels and annotations that belong to a Bottle. */
public final class Names {
  /** Field manager of everything that the operator applies. */
  public static final String OPERATOR_FIELD_MANAGER = "bottle-operator";

  /** Field manager of everything that a node agent applies. */
  public static final String AGENT_FIELD_MANAGER = "bottle-agent";

  /** Removed only when no machine of the Bottle exists any more. */
  public static final String FINALIZER = "bottle.dev/machine";

  /** The SHA-256 of policy.json; bumped on the Pod so that kubelet syncs its volumes at once. */
  public static final String POLICY_HASH_ANNOTATION = "bottle.dev/policy-hash";

  /** The hash of the guest files. */
  public static final String GUEST_HASH_ANNOTATION = "bottle.dev/guest-hash";

  /** The hash of what replaces the Pod when it changes. */
  public static final String SHAPE_HASH_ANNOTATION = "bottle.dev/shape-hash";

  /** A person vouches that the machine on the named node is gone. */
  public static final String FORCE_RELEASE_ANNOTATION = "bottle.dev/force-release";

  /** Nodes that may run machines carry this label with the value {@code true}. */
  public static final String MACHINES_NODE_LABEL = "bottle.dev/machines";

  /**
   * The extended resource that a node's agent offers, one for each machine that the node may run.
   */
  public static final String MACHINE_RESOURCE = "bottle.dev/machine";

  /** {@code Fit} or {@code Unfit}; set on agent Leases. */
  public static final String PREFLIGHT_ANNOTATION = "bottle.dev/preflight";

  /** What the preflight found, for people; set on agent Leases. */
  public static final String PREFLIGHT_MESSAGE_ANNOTATION = "bottle.dev/preflight-message";

  /** The version word of the node's machine runtime; set on the Leases of fit nodes. */
  public static final String RUNTIME_VERSION_ANNOTATION = "bottle.dev/runtime-version";

  /** Which Bottle an object belongs to. */
  public static final String BOTTLE_LABEL = "bottle.dev/bottle";

  /** Set on agent Leases. */
  public static final String AGENT_LEASE_LABEL = "bottle.dev/agent";

  /** Where operator, agents and their Leases live. */
  public static final String SYSTEM_NAMESPACE = "bottle-system";

  /** The admin's ConfigMap in {@link #SYSTEM_NAMESPACE} and its key. */
  public static final String ADMIN_CONFIG_MAP = "bottle-admin";

  /** The key of {@link #ADMIN_CONFIG_MAP}. */
  public static final String ADMIN_CONFIG_KEY = "config.yaml";

  private Names() {}

  /** The bundle Pod and the NetworkPolicy of a Bottle. */
  public static String pod(String bottle) {
    return "bottle-" + bottle;
  }

  /** The ConfigMap that holds policy.json. */
  public static String policyConfigMap(String bottle) {
    return "bottle-" + bottle + "-policy";
  }

  /** The ConfigMap that holds guest.json and an inline prompt. */
  public static String guestConfigMap(String bottle) {
    return "bottle-" + bottle + "-guest";
  }

  /** The BottleApproval of a request of this Bottle's agent. */
  public static String approval(String bottle, String requestId) {
    return bottle + "-" + requestId;
  }

  /** The machine of the Bottle with this UID: a DNS label of 34 characters. */
  public static String machine(String uid) {
    return "b-" + uid.replace("-", "");
  }

  /** The Lease of the agent on this node. */
  public static String agentLease(String node) {
    return "bottle-agent-" + node;
  }
}
