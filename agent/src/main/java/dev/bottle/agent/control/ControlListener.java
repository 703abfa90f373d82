package dev.bottle.agent.control;

import dev.bottle.crd.control.ControlMessage;

/** Hears what one daemon of one Pod says. Called from the connection's thread; must not block. */
public interface ControlListener {
  /** One message, already checked to be of the expected daemon. */
  void heard(ControlMessage message);

  /** The daemon cannot be heard: not listening yet, gone, or it spoke nonsense. */
  void lost(String why);
}
