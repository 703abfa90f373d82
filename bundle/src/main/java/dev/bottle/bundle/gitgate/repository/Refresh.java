package dev.bottle.bundle.gitgate.repository;

import dev.bottle.bundle.gitgate.program.Deadline;
import dev.bottle.bundle.gitgate.program.Outcome;
import dev.bottle.bundle.gitgate.program.PrivateFiles;
import dev.bottle.bundle.gitgate.program.Program;
import dev.bottle.bundle.gitgate.program.Workshop;
import dev.bottle.bundle.gitgate.upstream.UpstreamException;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes a repository's branches and tags, and its HEAD, what the upstream's are now. Fails when the
 * upstream does not answer: nobody is shown yesterday's.
 */
public final class Refresh {
  private static final int MAX_REFS = 64 * 1024 * 1024;
  private static final int MAX_TALK = 1024 * 1024;
  private static final String SYMREF = "ref: ";

  private final Workshop workshop;
  private final Duration patience;

  /** Takes at most so long. */
  public Refresh(Workshop workshop, Duration patience) {
    this.workshop = workshop;
    this.patience = patience;
  }

  /**
   * Refreshes.
   *
   * @param outer the deadline of whoever waits for it
   * @throws UpstreamException when the upstream cannot be reached or refuses
   * @throws IOException when something is wrong here
   */
  public void run(Repository repository, Deadline outer)
      throws UpstreamException, IOException, InterruptedException {
    Deadline deadline = outer.atMost(patience);
    try (Repository.Hold hold = repository.hold(deadline.left())) {
      if (hold == null) {
        throw new UpstreamException(
            "Busy", "upstream " + repository.upstream().name() + " is busy; try again");
      }
      prepare(repository, deadline);
      Map<String, String> theirs = new TreeMap<>();
      String head = "";
      for (String line : theirs(repository, deadline).lines().toList()) {
        int tab = line.indexOf('\t');
        String name = line.substring(tab + 1);
        if (line.startsWith(SYMREF) && name.equals("HEAD")) {
          head = line.substring(SYMREF.length(), tab);
        } else if (isShown(name)) {
          theirs.put(name, line.substring(0, tab));
        }
      }
      if (!theirs.equals(ours(repository, deadline))) {
        fetch(repository, deadline);
      }
      if (head.startsWith("refs/heads/")) {
        local(repository, deadline, "symbolic-ref", "HEAD", head);
      }
      repository.refresh();
    }
  }

  private void prepare(Repository repository, Deadline deadline)
      throws IOException, InterruptedException {
    if (Files.exists(repository.directory().resolve("config"))) {
      return;
    }
    PrivateFiles.delete(repository.directory());
    PrivateFiles.directory(repository.directory());
    local(repository, deadline, "init", "--bare", "--quiet");
  }

  private String theirs(Repository repository, Deadline deadline)
      throws UpstreamException, IOException, InterruptedException {
    return remote(
            repository,
            deadline,
            MAX_REFS,
            "ls-remote",
            "--symref",
            "--quiet",
            "--",
            repository.upstream().url())
        .text();
  }

  private Map<String, String> ours(Repository repository, Deadline deadline)
      throws IOException, InterruptedException {
    Map<String, String> ours = new TreeMap<>();
    local(
            repository,
            deadline,
            "for-each-ref",
            "--format=%(objectname)%09%(refname)",
            "refs/heads",
            "refs/tags")
        .text()
        .lines()
        .forEach(line -> {
          int tab = line.indexOf('\t');
          ours.put(line.substring(tab + 1), line.substring(0, tab));
        });
    return ours;
  }

  private void fetch(Repository repository, Deadline deadline)
      throws UpstreamException, IOException, InterruptedException {
    var _ =
        remote(
            repository,
            deadline,
            MAX_TALK,
            "fetch",
            "--quiet",
            "--prune",
            "--no-tags",
            "--no-write-fetch-head",
            "--force",
            "--",
            repository.upstream().url(),
            "+refs/heads/*:refs/heads/*",
            "+refs/tags/*:refs/tags/*");
  }

  private Outcome remote(
      Repository repository, Deadline deadline, int maxOut, String command, String... options)
      throws UpstreamException, IOException, InterruptedException {
    Map<String, String> environment = workshop.environment(repository.directory());
    List<String> call = repository.access().git(environment, command, options);
    Outcome outcome = Program.run(call, environment, new byte[0], deadline, maxOut);
    if (!outcome.succeeded()) {
      throw repository.access().failure(outcome.exit(), outcome.err());
    }
    return outcome;
  }

  private Outcome local(Repository repository, Deadline deadline, String... command)
      throws IOException, InterruptedException {
    List<String> call = new ArrayList<>(List.of("git"));
    call.addAll(List.of(command));
    Outcome outcome =
        Program.run(
            call, workshop.environment(repository.directory()), new byte[0], deadline, MAX_REFS);
    if (!outcome.succeeded()) {
      throw new IOException("git " + command[0] + " failed: " + outcome.err().strip());
    }
    return outcome;
  }

  private static boolean isShown(String ref) {
    return (ref.startsWith("refs/heads/") || ref.startsWith("refs/tags/")) && !ref.endsWith("^{}");
  }
}
