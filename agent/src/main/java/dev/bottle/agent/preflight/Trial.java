package dev.bottle.agent.preflight;

import java.util.Optional;

/** Runs one machine. */
@FunctionalInterface
public interface Trial {
  /** Empty when a command ran in it, else why none did. Nothing of the machine is left. */
  Optional<String> failure() throws InterruptedException;
}
