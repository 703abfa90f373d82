package dev.bottle.bundle.egress.inspection;

/**
 * A secret was seen. Says which and where, never the secret itself.
 *
 * @param rule of rules.json, or {@code OwnToken} or {@code Canary}
 * @param spelling in which it was seen
 * @param start of it, in bytes from the stream's start
 * @param end exclusive
 */
record Finding(String rule, Kind kind, Spelling spelling, long start, long end) {
  /** What sort of secret. */
  enum Kind {
    /** It has a well-known format and passes its checks. */
    FORMAT,

    /** A value that egress injects for this Bottle. */
    OWN_TOKEN,

    /** The Bottle's canary, which nobody has a reason to send. */
    CANARY
  }
}
