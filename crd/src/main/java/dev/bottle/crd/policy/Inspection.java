package dev.bottle.crd.policy;

/**
 * What inspects what leaves the guest. The same words as the API's, which the daemons do not know.
 */
public enum Inspection {
  /** Nothing. */
  None,

  /** Egress itself. */
  Builtin,

  /** Pipelock, behind egress. */
  Pipelock
}
