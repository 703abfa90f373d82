package dev.bottle.agent.machine;

import dev.bottle.crd.condition.Reason;
import java.time.Instant;

/**
 * The last attempt at a decision failed.
 *
 * @param attempts in a row
 * @param notBefore when it may be tried again
 */
record Failure(Reason reason, String message, int attempts, Instant notBefore) {}
