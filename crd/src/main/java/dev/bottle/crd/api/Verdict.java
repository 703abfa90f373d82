package dev.bottle.crd.api;

/** A person's decision about a request. */
public enum Verdict {
  /** Yes; for a question: answered. */
  Approved,
  /** No. */
  Denied
}
