package dev.bottle.bundle.egress.refusal;

import dev.bottle.bundle.egress.Egress;
import dev.bottle.bundle.socket.ControlServer;
import dev.bottle.crd.control.Denial;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the node agent and the log of a refusal: host and rule, never a path or a header. */
public final class Refusals {
  private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);

  private final ControlServer control;

  /** Denials go to this control socket. */
  public Refusals(ControlServer control) {
    this.control = control;
  }

  /** Once for each refusal. */
  public void tell(Refusal refusal) {
    Denial denial =
        new Denial(Egress.DAEMON, refusal.host(), refusal.port(), refusal.reason().name());
    if (refusal.isDenial()) {
      control.send(denial);
    }
    LOG.atInfo()
        .addKeyValue("status", refusal.status())
        .addKeyValue("reason", refusal.reason())
        .addKeyValue("rule", refusal.rule())
        .addKeyValue("host", denial.host())
        .addKeyValue("port", denial.port())
        .log(refusal.isDenial() ? "refused" : "failed");
  }
}
