package dev.bottle.agent.preflight;

/** What the preflight looks at; the name is what a person reads. */
public enum Check {
  /** No preflight has finished for this agent and this runtime. */
  Pending,
  /** The runtime answers, with the version that this agent drives. */
  RuntimeVersion,
  /** The node's own tool works in the host's namespaces. */
  Tool,
  /** The monitor's user may use /dev/kvm. Of the real runtime only. */
  Kvm,
  /** A machine can be accounted to its Pod. */
  Cgroup,
  /** Network and mount namespaces can be made. */
  Namespaces,
  /** open_tree(2) and move_mount(2), with which the cage shows one Bottle's doors. */
  Mounts,
  /** close_range(2) with CLOSE_RANGE_CLOEXEC, Linux 5.11. */
  CloseRange,
  /** The monitor confines itself. Of the real runtime only. */
  Landlock,
  /** There is room for images and disks. */
  Disk,
  /** A machine boots and runs a command. */
  Boot
}
