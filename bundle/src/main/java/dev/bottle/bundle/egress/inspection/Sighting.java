package dev.bottle.bundle.egress.inspection;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Is told of each rule that something was found by, once for each exchange. */
@FunctionalInterface
public interface Sighting {
  /** A line in the log. */
  Sighting LOG =
      new Sighting() {
        private static final Logger LOGGER = LoggerFactory.getLogger(Sighting.class);

        @Override
        public void tell(String host, String rule, String place, String action) {
          LOGGER
              .atInfo()
              .addKeyValue("host", host)
              .addKeyValue("rule", rule)
              .addKeyValue("place", place)
              .addKeyValue("action", action)
              .log("inspection found something");
        }
      };

  /**
   * Never gets what was found.
   *
   * @param rule of rules.json, OwnToken, Canary, or what could not be inspected
   * @param place Head, Body or Frame
   * @param action Block, Redact or Observe
   */
  void tell(String host, String rule, String place, String action);
}
