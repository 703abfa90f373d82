package dev.bottle.crd.api;

import org.jspecify.annotations.Nullable;

/** The microVM as its node agent sees it. Written by the agent. */
public record MachineStatus(
    String name,
    State state,
    @Nullable Long epoch,
    @Nullable String podUID,
    @Nullable String bootId,
    @Nullable Long bootMillis,
    @Nullable String runtimeVersion,
    @Nullable String imageDigest) {
  /** Absent: confirmed gone, disk included. */
  public enum State {
    Absent,
    Preparing,
    Starting,
    Running,
    Stopping,
    Stopped,
    Failed
  }
}
