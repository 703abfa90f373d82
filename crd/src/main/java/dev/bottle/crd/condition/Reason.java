package dev.bottle.crd.condition;

/**
 * The single list of reasons. A reason is a condition's reason, an Event's reason and a metric's
 * label. Each one states its cause and its remedy; docs/reasons.md has a section for each.
 */
public enum Reason {
  Reconciling("Something changed and the proof is being renewed.", "Wait; no action is needed."),
  NotYetSupported(
      "The spec asks for something that this version does not build.",
      "Remove the named field or install a version that supports it.");

  private final String cause;
  private final String remedy;

  Reason(String cause, String remedy) {
    this.cause = cause;
    this.remedy = remedy;
  }

  /** Why a person sees this, one sentence. */
  public String cause() {
    return cause;
  }

  /** What to do about it, one sentence. */
  public String remedy() {
    return remedy;
  }
}
