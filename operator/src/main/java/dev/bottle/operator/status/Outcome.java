package dev.bottle.operator.status;

/** What came of carrying out a plan. */
public sealed interface Outcome {
  /** Every step was taken. */
  record Done() implements Outcome {}

  /** The API server refused an object; the message names it and says why. */
  record Refused(String message) implements Outcome {}

  /** An object of that name exists and is not ours; nothing was written to it. */
  record Taken(String message) implements Outcome {}
}
