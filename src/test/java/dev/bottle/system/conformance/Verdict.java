package dev.bottle.system.conformance;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * One line of the suite's report.
 *
 * @param name the case
 * @param section what states it: a paragraph of the reference or of docs/smolvm-facts.md
 * @param verdict {@code pass} or {@code fail}
 * @param detail what did not hold, empty when all did
 * @param millis how long it took
 */
record Verdict(
    @JsonProperty("case") String name,
    @JsonProperty("section") String section,
    @JsonProperty("verdict") String verdict,
    @JsonProperty("detail") String detail,
    @JsonProperty("millis") long millis) {
  boolean passed() {
    return verdict.equals("pass");
  }
}
