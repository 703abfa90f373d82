package dev.bottle.bundle.gitgate;

import dev.bottle.bundle.socket.ControlServer;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.DaemonState;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The state that the control socket tells: of the policy and the credential slots. */
final class StateReport {
  private static final Logger LOG = LoggerFactory.getLogger(StateReport.class);

  private final ControlServer control;
  private final Supplier<List<String>> emptySlots;
  private boolean told;
  private @Nullable String hash;
  private @Nullable String fault;

  StateReport(ControlServer control, Supplier<List<String>> emptySlots) {
    this.control = control;
    this.emptySlots = emptySlots;
  }

  synchronized void policy(@Nullable String now, @Nullable String whatIsWrong) {
    told = true;
    hash = now;
    fault = whatIsWrong;
    send();
  }

  synchronized void credentials() {
    if (told) {
      send();
    }
  }

  private void send() {
    List<String> empty = emptySlots.get();
    if (!empty.isEmpty()) {
      LOG.atWarn()
          .addKeyValue("reason", Reason.SecretMissing)
          .log("slots without value: {}", empty);
    }
    control.send(
        new DaemonState(
            GitGate.DAEMON,
            hash != null,
            hash,
            fault == null ? null : Reason.PolicyInvalid.name(),
            fault,
            empty));
  }
}
