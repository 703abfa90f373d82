package dev.bottle.agent.smolvm;

import java.nio.file.Path;

/** Says what a machine's cage must look like. */
@FunctionalInterface
public interface CageSource {
  /** Asks the runtime for the machine's record; fails when there is none. */
  Cage cage(String machine, Path bottleDirectory) throws RuntimeFailure, InterruptedException;
}
