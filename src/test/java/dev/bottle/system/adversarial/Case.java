package dev.bottle.system.adversarial;

import java.util.List;

/** One line of the report. */
sealed interface Case {
  /** Of the list of cases that every Bottle must refuse. */
  int number();

  /** What is tried, for people. */
  String tried();

  /** Tried here. */
  record Tried(int number, String tried, Attack attack, Check check) implements Case {}

  /**
   * Tried here, and known to get out.
   *
   * @param why it does, for people
   * @param check that it does, so that the report cannot go on saying so when it is mended
   */
  record Gap(int number, String tried, String why, Attack attack, Check check) implements Case {}

  /**
   * Tried by other tests.
   *
   * @param tests each {@code Class#method}
   */
  record Elsewhere(int number, String tried, Level level, List<String> tests) implements Case {}
}
