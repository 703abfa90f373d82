package dev.bottle.operator.lease;

/** What this process knows of a node's agent. */
public enum AgentState {
  /** Its Lease was seen to change within its duration. */
  Fresh,
  /** Its Lease has not changed for longer than its duration. */
  Stale,
  /** There is no Lease. */
  Missing
}
