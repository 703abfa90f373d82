package dev.bottle.crd.policy;

/** How a route's credential is written into a request. */
public enum AuthType {
  /** {@code Authorization: Bearer <value>} (RFC 6750, section 2.1). */
  Bearer,

  /** {@code Authorization: Basic <base64 of username:value>} (RFC 7617). */
  Basic,

  /** The named header holds the value and nothing else. */
  Header
}
