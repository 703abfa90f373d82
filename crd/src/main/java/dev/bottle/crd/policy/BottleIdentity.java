package dev.bottle.crd.policy;

import java.util.Objects;

/** Whose policy this is. */
public record BottleIdentity(String namespace, String name, String uid) {
  /** Refuses absent parts. */
  public BottleIdentity {
    Objects.requireNonNull(namespace, "namespace is missing");
    Objects.requireNonNull(name, "name is missing");
    Objects.requireNonNull(uid, "uid is missing");
  }
}
