package dev.bottle.agent.control;

/** A daemon of a bundle: its name and the user that it runs as (docs/contracts.md). */
public enum Daemon {
  /** The proxy; always there. */
  EGRESS("egress", 64001);

  private final String wireName;
  private final long user;

  Daemon(String wireName, long user) {
    this.wireName = wireName;
    this.user = user;
  }

  /** As in status, in control messages and in the names of its volumes. */
  public String wireName() {
    return wireName;
  }

  /** Who may own its socket and listen on it. */
  public long user() {
    return user;
  }
}
