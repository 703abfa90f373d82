package dev.bottle.crd.api;

import org.jspecify.annotations.Nullable;

/** The credential that egress sets on a matching request. */
public record RouteAuth(
    Type type, @Nullable String header, @Nullable String username, KeyReference secretKeyRef) {
  /** How the credential is written. */
  public enum Type {
    Bearer,
    Basic,
    Header
  }
}
