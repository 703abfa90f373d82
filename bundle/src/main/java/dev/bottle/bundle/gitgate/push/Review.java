package dev.bottle.bundle.gitgate.push;

import dev.bottle.bundle.egress.inspection.ValueSearch;
import dev.bottle.bundle.gitgate.GitGateLimits;
import dev.bottle.bundle.gitgate.program.Deadline;
import dev.bottle.bundle.gitgate.program.Workshop;
import dev.bottle.bundle.gitgate.repository.Repository;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Judges a push and passes it on: names first, then history, then what is in it, and only then the
 * upstream hears of it. Whatever goes wrong refuses.
 */
public final class Review {
  private final Workshop workshop;
  private final Gitleaks gitleaks;
  private final GitGateLimits limits;
  private final Supplier<ValueSearch> values;

  /**
   * A review.
   *
   * @param gitleaks the program
   * @param values what no push may hold, as it is now
   */
  public Review(
      Workshop workshop, Path gitleaks, GitGateLimits limits, Supplier<ValueSearch> values) {
    this.workshop = workshop;
    this.gitleaks = new Gitleaks(gitleaks, workshop);
    this.limits = limits;
    this.values = values;
  }

  /**
   * Returns when the upstream has taken the push.
   *
   * @param deadline to have done so
   * @return the repository is held until this is closed, which may be only when its refs have
   *     followed
   * @throws IOException when something is wrong here; the push is refused then, too
   */
  public Repository.Hold run(Repository repository, Hook.Told push, Deadline deadline)
      throws PushRefused, IOException, InterruptedException {
    Quarantine quarantine = new Quarantine(repository, workshop, push.quarantine(), deadline);
    try {
      return run(repository, quarantine, push.commands());
    } catch (PushRefused e) {
      throw e.ref() == null || isClean(quarantine, e.ref()) ? e : e.withoutRef();
    }
  }

  private Repository.Hold run(
      Repository repository, Quarantine quarantine, List<PushCommand> commands)
      throws PushRefused, IOException, InterruptedException {
    new RefRules(repository.upstream()).check(commands, limits.refs());
    if (!quarantine.hasObjects() && !commands.stream().allMatch(PushCommand::deletes)) {
      throw PushRefused.unchecked("git brought no objects");
    }
    History history = new History(quarantine);
    history.checkTips(commands);
    Set<PushCommand> forced = history.forced(commands, repository.upstream().allowForce());
    checkContent(quarantine, commands);
    Repository.Hold hold = repository.hold(quarantine.deadline().left());
    if (hold == null) {
      throw new PushRefused("Busy", null, "the upstream is busy; try again");
    }
    boolean passed = false;
    try {
      history.checkCurrent(commands);
      new Forward(quarantine).push(commands, forced);
      passed = true;
      return hold;
    } finally {
      if (!passed) {
        hold.close();
      }
    }
  }

  /** Whether a refused ref's name may be told to people. */
  private boolean isClean(Quarantine quarantine, String ref)
      throws IOException, InterruptedException {
    byte[] name = ref.getBytes(StandardCharsets.UTF_8);
    try {
      gitleaks.checkTexts(quarantine, name);
      return values.get().begin().next(name, true).isEmpty();
    } catch (PushRefused notClean) {
      return false;
    }
  }

  private void checkContent(Quarantine quarantine, List<PushCommand> commands)
      throws PushRefused, IOException, InterruptedException {
    ValueSearch search = values.get();
    ByteArrayOutputStream texts = new ByteArrayOutputStream();
    for (PushCommand command : commands) {
      byte[] ref = (command.ref() + "\n").getBytes(StandardCharsets.UTF_8);
      Optional<String> found = search.begin().next(ref, true);
      if (found.isPresent()) {
        throw PushRefused.ofSecret(
            found.get(), null, "the name of a ref is a secret of this Bottle");
      }
      texts.writeBytes(ref);
    }
    if (!quarantine.hasObjects()) {
      return;
    }
    new IncomingObjects(quarantine, limits, search, texts).read();
    List<String> tips =
        commands.stream()
            .filter(command -> !command.deletes())
            .map(PushCommand::after)
            .distinct()
            .toList();
    if (!tips.isEmpty()) {
      gitleaks.check(quarantine, tips, texts.toByteArray());
    }
  }
}
