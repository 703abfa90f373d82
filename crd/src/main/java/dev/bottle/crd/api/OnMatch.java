package dev.bottle.crd.api;

/** What happens to a request in which the inspection finds a secret. */
public enum OnMatch {
  /** It is refused. */
  Block,
  /** The secret is masked. */
  Redact,
  /** It passes and is reported. */
  Observe
}
