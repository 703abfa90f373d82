package dev.bottle.bundle.gitgate.repository;

import dev.bottle.bundle.gitgate.program.PrivateFiles;
import dev.bottle.bundle.gitgate.program.Workshop;
import dev.bottle.bundle.gitgate.upstream.Credentials;
import dev.bottle.bundle.gitgate.upstream.Destinations;
import dev.bottle.bundle.gitgate.upstream.UpstreamAccess;
import dev.bottle.crd.json.Sha256;
import dev.bottle.crd.policy.GitUpstream;
import dev.bottle.crd.policy.Policy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The repositories of the policy in force, by name. A repository's directory is named after the
 * upstream's name and url: what came from one upstream is never shown as another's.
 */
public final class Repositories {
  private static final int KEY_DIGITS = 12;

  private final Path directory;
  private final Workshop workshop;
  private final Destinations destinations;
  private Credentials credentials = Credentials.NONE;
  private String roots = "";
  private volatile Map<String, Repository> byName = Map.of();

  /** None yet. */
  public Repositories(Path directory, Workshop workshop, Destinations destinations) {
    this.directory = directory.toAbsolutePath();
    this.workshop = workshop;
    this.destinations = destinations;
  }

  /** The repository of exactly this name. */
  public Optional<Repository> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** The credential slots that the policy names and that have no value, sorted. */
  public synchronized List<String> emptySlots() {
    return byName.values().stream()
        .map(repository -> repository.upstream().slot())
        .filter(slot -> !credentials.has(slot))
        .distinct()
        .sorted()
        .toList();
  }

  /** Puts a policy in force; an upstream that has not changed stays the same object. */
  public synchronized void enforce(Policy policy) throws IOException {
    Map<String, Repository> next = new LinkedHashMap<>();
    roots = policy.egress().upstreamRoots();
    for (GitUpstream upstream : policy.upstreams().upstreams()) {
      Repository former = byName.get(upstream.name());
      next.put(
          upstream.name(),
          former != null && former.upstream().equals(upstream) ? former : repository(upstream));
    }
    for (Repository repository : next.values()) {
      repository.access().write(credentials, roots);
    }
    byName = Map.copyOf(next);
  }

  /** Deletes the directories that no upstream of the policy has. */
  public synchronized void sweep() throws IOException {
    PrivateFiles.directory(directory);
    Set<Path> kept =
        byName.values().stream().map(Repository::directory).collect(Collectors.toSet());
    try (var all = Files.newDirectoryStream(directory)) {
      for (Path each : all) {
        if (!kept.contains(each)) {
          PrivateFiles.delete(each);
        }
      }
    }
  }

  /** Uses these credentials from now on. */
  public synchronized void use(Credentials now) throws IOException {
    credentials = now;
    for (Repository repository : byName.values()) {
      repository.access().write(credentials, roots);
    }
  }

  private Repository repository(GitUpstream upstream) {
    String key =
        upstream.name()
            + "-"
            + Sha256.hex(upstream.url().getBytes(StandardCharsets.UTF_8)).substring(0, KEY_DIGITS);
    return new Repository(
        upstream,
        directory.resolve(key + ".git"),
        new UpstreamAccess(upstream, key, workshop, destinations));
  }
}
