package dev.bottle.system.benchmark;

/**
 * How much is measured.
 *
 * @param rounds each of them measures every subject in turn, so that a slower minute of the machine
 *     is everybody's
 * @param requests of a round, on one connection
 * @param warmUp requests before the first round
 * @param connections new ones, of a round
 * @param megabytes of a download and of an upload
 * @param endurance requests between which memory must stay
 * @param tunnels that are open and idle at once
 * @param starts of the process
 */
record Amounts(
    int rounds,
    int requests,
    int warmUp,
    int connections,
    int megabytes,
    int endurance,
    int tunnels,
    int starts) {
  /** For docs/benchmarks.md. */
  static final Amounts FULL = new Amounts(4, 1500, 3000, 25, 100, 100_000, 500, 5);

  /** To see that it works. */
  static final Amounts SMOKE = new Amounts(1, 20, 20, 3, 1, 100, 5, 0);
}
