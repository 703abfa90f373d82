package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;

/** Whether the agent of a Bottle may ask people for more. */
final class Supervision {
  private Supervision() {}

  static boolean isOn(Bottle bottle) {
    return bottle.getSpec().supervise() != null && bottle.getSpec().supervise().enabled();
  }
}
