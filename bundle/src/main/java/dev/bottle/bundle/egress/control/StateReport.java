package dev.bottle.bundle.egress.control;

import dev.bottle.bundle.egress.route.Tokens;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.policy.TokenSlot;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The state that the control socket tells: of the policy, and of the token slots. */
public final class StateReport {
  private final ControlServer control;
  private final Supplier<List<TokenSlot>> slots;
  private Tokens tokens = Tokens.NONE;
  private boolean told;
  private @Nullable String hash;
  private @Nullable String fault;

  /**
   * Nothing is told before the first {@link #policy}.
   *
   * @param slots of the policy in force
   */
  public StateReport(ControlServer control, Supplier<List<TokenSlot>> slots) {
    this.control = control;
    this.slots = slots;
  }

  /**
   * Tells which policy is in force.
   *
   * @param hash null when there is none
   * @param fault what is wrong with the file, null when nothing is
   */
  public synchronized void policy(@Nullable String hash, @Nullable String fault) {
    this.told = true;
    this.hash = hash;
    this.fault = fault;
    send();
  }

  /** Tells which slots have no value now. */
  public synchronized void tokens(Tokens now) {
    tokens = now;
    if (told) {
      send();
    }
  }

  private void send() {
    control.send(
        new DaemonState(
            ControlServer.DAEMON,
            hash != null,
            hash,
            fault == null ? null : Reason.PolicyInvalid.name(),
            fault,
            tokens.empty(slots.get())));
  }
}
