package dev.bottle.crd.api;

/** A one-word summary for people, derived from the conditions; programs read the conditions. */
public enum Phase {
  Pending,
  Starting,
  Running,
  Degraded,
  Stopping,
  Stopped,
  Failed,
  Terminating
}
