package dev.bottle.bundle.egress.inspection;

import dev.bottle.bundle.egress.Egress;
import dev.bottle.bundle.socket.ControlServer;
import dev.bottle.crd.control.Finding;
import dev.bottle.crd.policy.OnMatch;

/**
 * A line in the log, and a message to the node agent of what went on; what is refused it hears of
 * as a denial.
 */
public final class Sightings implements Sighting {
  private final ControlServer control;

  /** Findings go to this control socket. */
  public Sightings(ControlServer control) {
    this.control = control;
  }

  @Override
  public void tell(String host, String rule, String place, OnMatch action) {
    LOG.tell(host, rule, place, action);
    switch (action) {
      case Block -> {}
      case Observe -> send(host, rule, Finding.Action.Observe);
      case Redact -> send(host, rule, Finding.Action.Redact);
    }
  }

  private void send(String host, String rule, Finding.Action action) {
    control.send(new Finding(Egress.DAEMON, host, rule, action));
  }
}
