package dev.bottle.crd.condition;

/** The three values of a condition's status. */
public enum ConditionStatus {
  True,
  False,
  Unknown;

  /** {@link #True} or {@link #False}. */
  public static ConditionStatus of(boolean value) {
    return value ? True : False;
  }
}
