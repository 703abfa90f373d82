package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;

/** Whether the agent of a Bottle may ask people for more. */
public final class Supervision {
  private Supervision() {}

  /** Whether spec.supervise says so. */
  public static boolean isOn(Bottle bottle) {
    return bottle.getSpec().supervise() != null && bottle.getSpec().supervise().enabled();
  }
}
