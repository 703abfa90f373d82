package dev.bottle.agent.smolvm;

import java.util.List;

/** In which cgroup machines run; the setting {@code MACHINE_CGROUP}. */
public enum MachineCgroups {
  /** {@code pod}: a child of the Pod's, or the machine is not started. */
  POD,
  /**
   * {@code pod-or-own}: where the Pod's cannot be found or joined, one of its own with limits. The
   * Pod then does not pay for the machine; the host fact says so.
   */
  POD_OR_OWN;

  /** What the operator adds to the guest's memory in the Pod's request, too. */
  private static final long OVERHEAD_MIB = 192;

  private static final long MILLICPU = 1000;

  /** The monitor has about 200 threads. */
  private static final int PIDS = 4096;

  List<String> arguments(MachineSize size) {
    return switch (this) {
      case POD -> List.of();
      case POD_OR_OWN ->
          List.of(
              "--own-cgroup",
              "memory=%d,cpu=%d,pids=%d"
                  .formatted(
                      (size.memoryMiB() + OVERHEAD_MIB) << 20, size.cpus() * MILLICPU, PIDS));
    };
  }
}
