package dev.bottle.system.adversarial;

/**
 * What became of a case.
 *
 * @param level where it was tried
 * @param words for the report
 * @param fault what did not hold, empty when all did
 */
record Verdict(Case tried, String level, String words, String fault) {
  boolean holds() {
    return fault.isEmpty();
  }

  @Override
  public String toString() {
    return tried.number() + ": " + tried.tried();
  }
}
