package dev.bottle.agent.report;

/** The Bottle was deleted, or another one has its name. */
public final class BottleGoneException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Names it. */
  public BottleGoneException(BottleRef bottle) {
    super(bottle + " is gone");
  }
}
