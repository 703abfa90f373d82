package dev.bottle.bundle.gitgate.push;

import dev.bottle.bundle.gitgate.program.Deadline;
import dev.bottle.bundle.gitgate.program.Outcome;
import dev.bottle.bundle.gitgate.program.Program;
import dev.bottle.bundle.gitgate.program.Workshop;
import dev.bottle.bundle.gitgate.repository.Repository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Git calls that see a repository and what a push brought, but change no ref. */
final class Quarantine {
  private static final int MAX_OUT = 1024 * 1024;

  private final Repository repository;
  private final Workshop workshop;
  private final @Nullable Path objects;
  private final Deadline deadline;

  /**
   * For one push.
   *
   * @param objects the quarantine, a directory in the repository's objects; null when there is none
   * @throws IOException when it is somewhere else
   */
  Quarantine(Repository repository, Workshop workshop, @Nullable Path objects, Deadline deadline)
      throws IOException {
    if (objects != null
        && !objects.normalize().startsWith(repository.directory().resolve("objects"))) {
      throw new IOException("the quarantine is not in the repository");
    }
    this.repository = repository;
    this.workshop = workshop;
    this.objects = objects;
    this.deadline = deadline;
  }

  /** Whether the push brought any. */
  boolean hasObjects() {
    return objects != null;
  }

  Repository repository() {
    return repository;
  }

  Deadline deadline() {
    return deadline;
  }

  /**
   * Of a program that sees all objects. GIT_QUARANTINE_PATH is not in it: a push to a url must not
   * take the upstream for the quarantine's (git-receive-pack(1)).
   */
  Map<String, String> environment() {
    Map<String, String> environment = incomingOnly();
    if (objects != null) {
      environment.put(
          "GIT_ALTERNATE_OBJECT_DIRECTORIES", repository.directory().resolve("objects").toString());
    }
    return environment;
  }

  /** Of a program that sees nothing but what the push brought. */
  Map<String, String> incomingOnly() {
    Map<String, String> environment = workshop.environment(repository.directory());
    if (objects != null) {
      environment.put("GIT_OBJECT_DIRECTORY", objects.toString());
    }
    return environment;
  }

  /** Runs git in {@link #environment}. */
  Outcome git(String input, String... command) throws IOException, InterruptedException {
    List<String> call = new ArrayList<>(List.of("git"));
    call.addAll(List.of(command));
    return Program.run(
        call, environment(), input.getBytes(StandardCharsets.UTF_8), deadline, MAX_OUT);
  }
}
