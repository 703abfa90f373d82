package dev.bottle.crd.api;

/** Which engine inspects what leaves the guest. */
public enum Inspection {
  None,
  Builtin,
  Pipelock
}
