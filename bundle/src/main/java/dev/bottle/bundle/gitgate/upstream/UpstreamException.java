package dev.bottle.bundle.gitgate.upstream;

/** An upstream was not reached, or refused. The message is one line for people, without secrets. */
public final class UpstreamException extends Exception {
  private static final long serialVersionUID = 1;

  private final String rule;

  /**
   * Says so.
   *
   * @param rule one word, for the denial
   */
  public UpstreamException(String rule, String message) {
    super(message);
    this.rule = rule;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }

  /** One word, for the denial. */
  public String rule() {
    return rule;
  }
}
