package dev.bottle.bundle.gitgate;

import java.time.Duration;

/**
 * What one guest may hold and how long anything may take.
 *
 * @param connections open connections on the door
 * @param exchanges requests under way
 * @param exchange from a request's head to the end of its answer
 * @param idle of a connection between two requests
 * @param refresh of a repository from its upstream
 * @param review of a push, with the push to the upstream
 * @param packBytes of a push as it is sent
 * @param objectBytes of one object, unpacked
 * @param unpackedBytes of all objects of a push
 * @param objects of a push
 * @param refs of a push
 */
public record GitGateLimits(
    int connections,
    int exchanges,
    Duration exchange,
    Duration idle,
    Duration refresh,
    Duration review,
    long packBytes,
    long objectBytes,
    long unpackedBytes,
    int objects,
    int refs) {
  private static final long MIB = 1024 * 1024;

  /** In production. */
  public static final GitGateLimits DEFAULT =
      new GitGateLimits(
          32,
          16,
          Duration.ofMinutes(15),
          Duration.ofSeconds(60),
          Duration.ofMinutes(10),
          Duration.ofSeconds(120),
          128 * MIB,
          64 * MIB,
          512 * MIB,
          200_000,
          32);
}
