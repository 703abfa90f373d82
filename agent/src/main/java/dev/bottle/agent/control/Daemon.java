package dev.bottle.agent.control;

import java.nio.file.Path;

/**
 * A daemon of a bundle that has a door into the guest: what it is called, as whom it runs and where
 * the guest finds it (docs/contracts.md).
 */
public enum Daemon {
  /** The proxy; always there. */
  EGRESS("egress", 64001, 8888),

  /** What git's remotes are; there when the Bottle has git upstreams. */
  GIT_GATE("git-gate", 64002, 9418),

  /** Where the agent asks people for more; there when the Bottle is supervised. */
  SUPERVISE("supervise", 64003, 9100);

  private final String wireName;
  private final long user;
  private final int port;

  Daemon(String wireName, long user, int port) {
    this.wireName = wireName;
    this.user = user;
    this.port = port;
  }

  /** As in status, in control messages and in the names of its volumes. */
  public String wireName() {
    return wireName;
  }

  /** Who may own its socket and listen on it. */
  public long user() {
    return user;
  }

  /** The volume with its door. */
  public String doorVolume() {
    return "door-" + wireName;
  }

  /** The volume with its control socket. */
  public String controlVolume() {
    return "control-" + wireName;
  }

  /**
   * Its door.
   *
   * @param bottleDirectory where the volumes are bound
   */
  public Path door(Path bottleDirectory) {
    return bottleDirectory.resolve(doorVolume()).resolve(wireName + ".sock");
  }

  /** Its control socket. */
  public Path controlSocket(Path bottleDirectory) {
    return bottleDirectory.resolve(controlVolume()).resolve("control.sock");
  }

  /** The door's path in the guest. */
  public String guestSocket() {
    return "/run/" + wireName + ".sock";
  }

  /** Where the guest's relay listens for those who cannot dial a socket's path. */
  public String guestAddress() {
    return "127.0.0.1:" + port;
  }
}
