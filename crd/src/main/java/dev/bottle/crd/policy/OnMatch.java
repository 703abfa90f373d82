package dev.bottle.crd.policy;

/** What happens to a request in which the inspection finds a secret. */
public enum OnMatch {
  /** It is refused. */
  Block,

  /** The secret is replaced by as many characters that say nothing. */
  Redact,

  /** It passes and is reported. */
  Observe
}
