package dev.bottle.agent.host;

import java.io.IOException;

/** A component of a path is a symbolic link, or the path leads out of its directory. */
public final class LinkException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Names the path, control characters included: the caller shortens and cleans it. */
  public LinkException(String path) {
    super(path + " leads through a link");
  }
}
