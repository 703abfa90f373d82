package dev.bottle.bundle.gitgate.push;

import dev.bottle.bundle.gitgate.program.Outcome;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What a push does to the history of its refs. */
final class History {
  private final Quarantine quarantine;

  History(Quarantine quarantine) {
    this.quarantine = quarantine;
  }

  /**
   * Everything that is pushed leads to a commit: what leads to a bare tree or file would be in no
   * commit's changes, where secrets are looked for.
   */
  void checkTips(List<PushCommand> commands) throws PushRefused, IOException, InterruptedException {
    List<PushCommand> tips = commands.stream().filter(command -> !command.deletes()).toList();
    String asked =
        tips.stream().map(tip -> tip.after() + "^{commit}\n").collect(Collectors.joining());
    Outcome answer = quarantine.git(asked, "cat-file", "--batch-check=%(objecttype)");
    List<String> types = answer.text().lines().toList();
    if (!answer.succeeded() || types.size() != tips.size()) {
      throw PushRefused.unchecked("git could not read what is pushed");
    }
    for (int i = 0; i < tips.size(); i++) {
      if (!types.get(i).equals("commit")) {
        String ref = tips.get(i).ref();
        throw new PushRefused("NotACommit", ref, ref + " does not lead to a commit");
      }
    }
  }

  /** Which of the commands rewrite history or move a tag; refuses when that is not allowed. */
  Set<PushCommand> forced(List<PushCommand> commands, boolean allowed)
      throws PushRefused, IOException, InterruptedException {
    Set<PushCommand> forced = new HashSet<>();
    for (PushCommand command : commands) {
      if (command.creates() || command.deletes() || isForward(command)) {
        continue;
      }
      if (!allowed) {
        throw new PushRefused(
            "ForceNotAllowed",
            command.ref(),
            command.ref() + " may only go forward; rebase, or push another ref");
      }
      forced.add(command);
    }
    return forced;
  }

  private boolean isForward(PushCommand command)
      throws PushRefused, IOException, InterruptedException {
    if (!command.ref().startsWith("refs/heads/")) {
      return false;
    }
    Outcome answer =
        quarantine.git("", "merge-base", "--is-ancestor", command.before(), command.after());
    if (answer.exit() > 1 || answer.exit() < 0 || !answer.err().isEmpty()) {
      throw PushRefused.unchecked("git could not compare " + command.ref());
    }
    return answer.succeeded();
  }

  /** Nothing has moved since the guest looked. To be asked while the repository is held. */
  void checkCurrent(List<PushCommand> commands)
      throws PushRefused, IOException, InterruptedException {
    Outcome answer = quarantine.git("", "for-each-ref", "--format=%(refname) %(objectname)");
    if (!answer.succeeded()) {
      throw PushRefused.unchecked("git could not read the refs");
    }
    Set<String> refs = answer.text().lines().collect(Collectors.toSet());
    Set<String> names =
        refs.stream().map(line -> line.substring(0, line.indexOf(' '))).collect(Collectors.toSet());
    for (PushCommand command : commands) {
      boolean current =
          command.creates()
              ? !names.contains(command.ref())
              : refs.contains(command.ref() + " " + command.before());
      if (!current) {
        throw new PushRefused(
            "RefMoved", command.ref(), command.ref() + " has moved meanwhile; fetch first");
      }
    }
  }
}
