package dev.bottle.agent.smolvm;

import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.host.NodePaths;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a machine's process sees of the node. The cage is built from this list ({@code bottle-tool
 * cage}, docs/contracts.md) and the host's word about the process is compared with it.
 *
 * @param standIn the runtime is no virtual machine and needs more of the node: its guest is a
 *     container that root makes
 * @param bottleDirectory this Bottle's volumes below the run directory
 * @param doors those of them that the machine may dial; the others are covered
 * @param readOnly shown for good, never writable: image and guest tools
 * @param runtime the same; a machine that was started before an upgrade has a sibling of it
 * @param machineDirectory this machine's own directory, the only one that it can write
 * @param lent smolvm's own records of all machines: there while its command line runs, as root
 * @param cgroup whether a cgroup of its own is allowed, and its limits
 */
public record Cage(
    boolean standIn,
    Path bottleDirectory,
    List<String> doors,
    List<Path> readOnly,
    Path runtime,
    Path machineDirectory,
    List<Path> lent,
    MachineCgroups cgroup) {
  /** What the stand-in sees beyond: runc makes the guest's cgroup there. */
  public static final Path CGROUPS = Path.of("/sys/fs/cgroup");

  /**
   * The cage of a machine.
   *
   * @param data the runtime's data directory
   * @param version the runtime's version word
   * @param rootfs the unpacked image, as the machine's record names it
   */
  public static Cage of(
      NodePaths paths,
      Path data,
      String version,
      String machine,
      Path rootfs,
      Path bottleDirectory,
      MachineCgroups cgroup) {
    Path caches = data.resolve(".cache/smolvm");
    return new Cage(
        isStandIn(version),
        bottleDirectory,
        Arrays.stream(Daemon.values()).map(Daemon::doorVolume).toList(),
        List.of(rootfs, paths.guestTools()),
        resolved(paths.runtime()),
        caches.resolve("vms").resolve(NodePaths.machineDirectory(machine)),
        List.of(data.resolve(".local/share/smolvm/server"), caches.resolve("uids")),
        cgroup);
  }

  /** Whether a runtime with this version word is the stand-in ({@code src/standin}). */
  static boolean isStandIn(String version) {
    return version.contains("+standin");
  }

  /** The installed version, when {@code current} is a link to it: a link cannot be mounted. */
  static Path resolved(Path runtime) {
    try {
      return runtime.toRealPath();
    } catch (IOException e) {
      return runtime; // the cage says that it is missing
    }
  }

  /** Whether this is where a version of the runtime is, the installed one or one before it. */
  public boolean isRuntime(Path path) {
    Path versions = runtime.getParent();
    return path.equals(runtime) || (versions != null && versions.equals(path.getParent()));
  }

  /** The options of {@code bottle-tool cage}. */
  List<String> arguments(MachineSize size) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--bottle-directory", bottleDirectory.toString()));
    doors.forEach(door -> arguments.addAll(List.of("--door", door)));
    readOnly.forEach(path -> arguments.addAll(List.of("--read", path.toString())));
    arguments.addAll(List.of("--read", runtime.toString()));
    arguments.addAll(List.of("--write", machineDirectory.toString()));
    lent.forEach(path -> arguments.addAll(List.of("--lend", path.toString())));
    if (standIn) {
      arguments.addAll(List.of("--show", CGROUPS.toString(), "--keep-capabilities"));
    }
    arguments.addAll(cgroup.arguments(size));
    return arguments;
  }
}
