package dev.bottle.crd.api;

/** How far a BottleApproval is. Every phase but Pending is final, but Applied before Ended. */
public enum ApprovalPhase {
  /** Nobody has decided. */
  Pending,
  /** A person said yes, and it holds. */
  Applied,
  /** A person said no. */
  Denied,
  /** What a person allowed has come to the end of its time. */
  Ended,
  /** Nobody decided in time, or a decision was no decision about this request. */
  Expired,
  /** The agent had taken the request back before a person decided. */
  Withdrawn
}
