package dev.bottle.system.conformance;

/** What the suite runs against. */
enum Candidate {
  STAND_IN("stand-in"),
  REAL("real");

  private final String argument;

  Candidate(String argument) {
    this.argument = argument;
  }

  /** The word that {@code deploy/local/conformance} knows it by. */
  String argument() {
    return argument;
  }
}
