package dev.bottle.bundle.gitgate.door;

import dev.bottle.bundle.gitgate.GitGateLimits;
import dev.bottle.bundle.gitgate.program.Workshop;
import dev.bottle.bundle.gitgate.push.Pushes;
import dev.bottle.bundle.gitgate.repository.Refresh;
import dev.bottle.bundle.gitgate.repository.Repositories;
import java.util.concurrent.Semaphore;

/** What every exchange needs. */
public final class Service {
  private final Repositories repositories;
  private final Refresh refresh;
  private final Pushes pushes;
  private final Backend backend;
  private final GitGateLimits limits;
  private final Denials denials;
  private final Semaphore room;

  /** Wires it. */
  public Service(
      Repositories repositories,
      Refresh refresh,
      Pushes pushes,
      Workshop workshop,
      GitGateLimits limits,
      Denials denials) {
    this.repositories = repositories;
    this.refresh = refresh;
    this.pushes = pushes;
    this.backend = new Backend(workshop);
    this.limits = limits;
    this.denials = denials;
    this.room = new Semaphore(limits.exchanges());
  }

  Repositories repositories() {
    return repositories;
  }

  Refresh refresh() {
    return refresh;
  }

  Pushes pushes() {
    return pushes;
  }

  Backend backend() {
    return backend;
  }

  GitGateLimits limits() {
    return limits;
  }

  Denials denials() {
    return denials;
  }

  /** One permit for each exchange under way. */
  Semaphore room() {
    return room;
  }
}
