package dev.bottle.agent.report;

import dev.bottle.crd.api.Bottle;

/** Which Bottle: a later one of the same name has another UID. */
public record BottleRef(String namespace, String name, String uid) {
  /** Of an object that the API server returned. */
  public static BottleRef of(Bottle bottle) {
    return new BottleRef(
        bottle.getMetadata().getNamespace(),
        bottle.getMetadata().getName(),
        bottle.getMetadata().getUid());
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
