package dev.bottle.system.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.Denial;
import dev.bottle.system.adversarial.internet.Hosts;

/** What must be true after an attack. A refusal counts only when no sink saw it and it was told. */
@FunctionalInterface
interface Check {
  /** Throws an AssertionError when it is not. */
  void of(Observation seen);

  /** And this. */
  default Check and(Check other) {
    return seen -> {
      of(seen);
      other.of(seen);
    };
  }

  /** Nobody was dialled, and only names that the policy spells out were asked for. */
  static Check silence() {
    return seen -> {
      assertThat(seen.dialled()).as("dialled").isEmpty();
      assertThat(seen.queries()).as("asked for").isSubsetOf(Policies.SPELLED_OUT);
    };
  }

  /** The node agent was told exactly this. */
  static Check told(Reason reason, String host, int port) {
    return seen ->
        assertThat(seen.denials())
            .as("denials")
            .containsExactly(new Denial("egress", host, port, reason.name()));
  }

  /** The same, whatever egress made of the host. */
  static Check told(Reason reason) {
    return seen ->
        assertThat(seen.denials())
            .as("denials")
            .extracting(Denial::rule)
            .containsExactly(reason.name());
  }

  /** The guest was told this. */
  static Check answered(int status, String word) {
    return seen -> {
      assertThat(seen.answer()).contains("HTTP/1.1 " + status + " ").contains("\"" + word + "\"");
    };
  }

  /** Refused, with everything that belongs to it. */
  static Check refused(int status, Reason reason, String host, int port) {
    return silence().and(told(reason, host, port)).and(answered(status, reason.name()));
  }

  /** The same, whatever egress made of the host. */
  static Check refused(int status, Reason reason) {
    return silence().and(told(reason)).and(answered(status, reason.name()));
  }

  /** Refused with a TLS alert, to which no reason belongs. */
  static Check ended(Reason reason, String host) {
    return silence().and(told(reason, host, 443));
  }

  /** Refused when the head had gone on: nothing of the body did. */
  static Check keptIn(Reason reason) {
    return told(reason)
        .and(answered(403, reason.name()))
        .and(seen -> {
          assertThat(seen.bodies()).as("bodies").isEmpty();
          assertThat(seen.dialled()).as("dialled").isSubsetOf(Hosts.ORIGIN + ":443");
        });
  }

  /** Not done, which is no denial: the answer says so, and no byte of a request went on. */
  static Check failed(int status, String rule) {
    return answered(status, rule)
        .and(seen -> {
          assertThat(seen.arrived()).as("arrived").isEmpty();
          assertThat(seen.denials()).as("denials").isEmpty();
        });
  }

  /** It went on to an origin, with this and without that. */
  static Check arrives(String with, String... without) {
    return seen -> {
      assertThat(seen.answer()).contains("HTTP/1.1 200 ");
      assertThat(seen.arrived()).as("arrived").containsIgnoringCase(with);
      for (String part : without) {
        assertThat(seen.arrived()).as("arrived").doesNotContainIgnoringCase(part);
      }
      assertThat(seen.dialled()).as("dialled").isNotEmpty().containsOnly(Hosts.ORIGIN + ":443");
      assertThat(seen.denials()).as("denials").isEmpty();
    };
  }
}
