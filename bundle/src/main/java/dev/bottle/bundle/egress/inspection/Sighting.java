package dev.bottle.bundle.egress.inspection;

import dev.bottle.crd.policy.OnMatch;
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
        public void tell(String host, String rule, String place, OnMatch action) {
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
   * @param place Host, Head, Body, Frame or Response
   * @param action what was done
   */
  void tell(String host, String rule, String place, OnMatch action);
}
