package dev.bottle.crd.condition;

/** The condition types of a Bottle, in the order in which they become true. */
public enum ConditionType {
  /** Operator: policy, guest files, NetworkPolicy and Pod are rendered and applied. */
  Prepared,
  /** Operator: the certificate authorities of this Pod exist. */
  TLSReady,
  /** Operator: every daemon of this Pod serves this policy. */
  BundleReady,
  /**
   * Operator: every route has its credential. Only of a Bottle with routes, and no part of Ready: a
   * route without one answers 503, and everything else lives on (docs/adr/0075).
   */
  RoutesReady,
  /** Agent: the machine runs. */
  Booted,
  /** Agent: the guest holds exactly the current guest files. */
  Provisioned,
  /** Agent: the seal is proven by host facts and by probes in the guest. */
  EgressSealed,
  /**
   * Agent, abnormal-true: the guest tried to send the Bottle's canary, which was refused. Never
   * taken back, and no part of Ready (docs/adr/0072).
   */
  CanaryTripped,
  /** Operator: the node agent's Lease is fresh. */
  AgentReachable,
  /**
   * Operator: all of the above but RoutesReady and CanaryTripped, for the current Pod, policy and
   * boot.
   */
  Ready,
  /** Operator, abnormal-true (kstatus): nothing will change without a person. */
  Stalled
}
