package dev.bottle.crd.api;

/** What kind of thing an agent asks for. */
public enum RequestKind {
  /** A host of the internet, for a while. */
  Egress,
  /** A git upstream. */
  Git,
  /** An answer. */
  Question
}
