package dev.bottle.bundle.egress;

import dev.bottle.bundle.egress.route.Tokens;
import dev.bottle.bundle.socket.ControlServer;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.policy.TokenSlot;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The state that the control socket tells: of the policy, the token slots, and pipelock. */
final class StateReport {
  private static final Logger LOG = LoggerFactory.getLogger(StateReport.class);

  private final ControlServer control;
  private final Supplier<List<TokenSlot>> slots;
  private Tokens tokens = Tokens.NONE;
  private List<String> lastEmpty = List.of();
  private boolean told;
  private @Nullable String hash;
  private @Nullable String fault;
  private @Nullable String pipelockFault;

  /**
   * Nothing is told before the first {@link #policy}.
   *
   * @param slots of the policy in force
   */
  StateReport(ControlServer control, Supplier<List<TokenSlot>> slots) {
    this.control = control;
    this.slots = slots;
  }

  /**
   * Tells which policy is in force.
   *
   * @param hash null when there is none
   * @param fault what is wrong with the file, null when nothing is
   */
  synchronized void policy(@Nullable String hash, @Nullable String fault) {
    this.told = true;
    this.hash = hash;
    this.fault = fault;
    send();
  }

  /** Tells which slots have no value now. */
  synchronized void tokens(Tokens now) {
    tokens = now;
    if (told) {
      send();
    }
  }

  /**
   * Tells whether pipelock serves, where it is the only way out.
   *
   * @param now what is wrong with it, null when nothing is
   */
  synchronized void pipelock(@Nullable String now) {
    pipelockFault = now;
    if (now != null) {
      LOG.atWarn().addKeyValue("reason", Reason.PipelockUnavailable).log("{}", now);
    }
    if (told) {
      send();
    }
  }

  private void send() {
    List<String> empty = tokens.empty(slots.get());
    if (!empty.equals(lastEmpty)) {
      lastEmpty = empty;
      slots.get().stream()
          .filter(slot -> empty.contains(slot.name()))
          .forEach(slot ->
              LOG.atWarn()
                  .addKeyValue("reason", Reason.SecretMissing)
                  .addKeyValue("slot", slot.name())
                  .addKeyValue("secret", slot.secret())
                  .addKeyValue("key", slot.key())
                  .log("a slot has no value"));
    }
    control.send(
        new DaemonState(
            Egress.DAEMON,
            hash != null && pipelockFault == null,
            hash,
            reason(),
            fault == null ? pipelockFault : fault,
            empty));
  }

  private @Nullable String reason() {
    if (fault != null) {
      return Reason.PolicyInvalid.name();
    }
    return pipelockFault == null ? null : Reason.PipelockUnavailable.name();
  }
}
