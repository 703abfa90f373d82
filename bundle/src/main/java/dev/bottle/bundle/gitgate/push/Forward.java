package dev.bottle.bundle.gitgate.push;

import dev.bottle.bundle.gitgate.program.Outcome;
import dev.bottle.bundle.gitgate.program.Program;
import dev.bottle.bundle.gitgate.upstream.PlainText;
import dev.bottle.bundle.gitgate.upstream.UpstreamException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Pushes to the upstream what was found clean, from the quarantine. */
final class Forward {
  private static final int MAX_OUT = 64 * 1024;

  private final Quarantine quarantine;

  Forward(Quarantine quarantine) {
    this.quarantine = quarantine;
  }

  /**
   * All refs or none. A forced ref goes only where the upstream's is still what the guest saw.
   *
   * @param forced those that rewrite history
   */
  void push(List<PushCommand> commands, Set<PushCommand> forced)
      throws PushRefused, IOException, InterruptedException {
    Map<String, String> environment = quarantine.environment();
    List<String> options = new ArrayList<>(List.of("--no-verify", "--quiet", "--no-signed"));
    if (commands.size() > 1) {
      options.add("--atomic");
    }
    for (PushCommand command : commands) {
      if (command.deletes() || forced.contains(command)) {
        options.add("--force-with-lease=" + command.ref() + ":" + command.before());
      }
    }
    options.add("--");
    options.add(quarantine.repository().upstream().url()); // a remote's name would move refs here
    for (PushCommand command : commands) {
      options.add((command.deletes() ? "" : command.after()) + ":" + command.ref());
    }
    Outcome outcome;
    try {
      List<String> call =
          quarantine.repository().access().git(environment, "push", options.toArray(String[]::new));
      outcome = Program.run(call, environment, new byte[0], quarantine.deadline(), MAX_OUT);
    } catch (UpstreamException e) {
      throw new PushRefused(e.rule(), null, e.getMessage());
    }
    if (!outcome.succeeded()) {
      throw refusal(outcome);
    }
  }

  private PushRefused refusal(Outcome outcome) {
    String err = outcome.err();
    if (err.contains("rejected]")) {
      return new PushRefused(
          "UpstreamRejected",
          null,
          String.join("\n", PlainText.lines(err.replaceAll("(?m)^To .*\\R?", ""))));
    }
    UpstreamException failure = quarantine.repository().access().failure(outcome.exit(), err);
    return new PushRefused(failure.rule(), null, failure.getMessage());
  }
}
