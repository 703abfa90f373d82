package dev.bottle.agent.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Binds the socket volumes of a Bottle's current Pod below a short path, where the agent dials and
 * binds sockets and whence they reach the machine's private mount namespace by propagation.
 */
public final class PodBinds implements SocketBinds {
  /** The volumes of a bundle that hold sockets, in the order in which they are bound. */
  public static final List<String> VOLUMES = List.of("door-egress", "control-egress", "gate");

  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final Map<String, String> ENVIRONMENT =
      Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");

  private final CommandRunner host;
  private final MountTable mounts;
  private final NodePaths paths;

  /** Mounts by the host's own mount program. */
  public PodBinds(CommandRunner host, MountTable mounts, NodePaths paths) {
    this.host = host;
    this.mounts = mounts;
    this.paths = paths;
  }

  /**
   * Makes sure that mounts below the run directory propagate into machines' mount namespaces.
   * Idempotent.
   */
  public void prepareNode() throws IOException, InterruptedException {
    createTraversable(paths.runDirectory());
    if (mounts.holding(paths.runDirectory()).filter(MountTable.Mount::shared).isEmpty()) {
      String directory = paths.runDirectory().toString();
      if (mounts.at(paths.runDirectory()).isEmpty()) {
        run("mount", "--bind", directory, directory);
      }
      run("mount", "--make-rshared", directory);
    }
  }

  @Override
  public boolean isBound(String bottleUid, String podUid) throws IOException {
    Path directory = paths.bottleDirectory(bottleUid);
    for (String volume : VOLUMES) {
      if (mounts
          .at(directory.resolve(volume))
          .filter(mount -> belongsTo(mount, podUid))
          .isEmpty()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean anyBound(String bottleUid) throws IOException {
    return Files.exists(paths.bottleDirectory(bottleUid))
        || !mounts.below(paths.bottleDirectory(bottleUid)).isEmpty();
  }

  @Override
  public void bind(String bottleUid, String podUid) throws IOException, InterruptedException {
    Path directory = paths.bottleDirectory(bottleUid);
    createTraversable(directory);
    for (String volume : VOLUMES) {
      Path target = directory.resolve(volume);
      if (mounts.at(target).filter(mount -> belongsTo(mount, podUid)).isPresent()) {
        continue;
      }
      unmountAll(target);
      createTraversable(target);
      Path source =
          paths.pods().resolve(podUid).resolve("volumes/kubernetes.io~empty-dir").resolve(volume);
      run("mount", "--bind", source.toString(), target.toString());
    }
  }

  @Override
  public void unbind(String bottleUid) throws IOException, InterruptedException {
    Path directory = paths.bottleDirectory(bottleUid);
    unmountAll(directory);
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (var entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        Files.deleteIfExists(entry); // only empty directories are left; anything else must fail
      }
    }
    Files.deleteIfExists(directory);
  }

  private void unmountAll(Path directory) throws IOException, InterruptedException {
    for (MountTable.Mount mount : mounts.below(directory).reversed()) {
      // Lazily: a machine that still dials the old socket must not keep kubelet from tidying up.
      run("umount", "-l", mount.point().toString());
    }
  }

  private static boolean belongsTo(MountTable.Mount mount, String podUid) {
    return List.of(mount.root().split("/", -1)).contains(podUid)
        && !mount.root().endsWith("//deleted");
  }

  private static void createTraversable(Path directory) throws IOException {
    Files.createDirectories(directory);
    // The machine's process has a user of its own and must walk through, and no more.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
  }

  private void run(String... argv) throws IOException, InterruptedException {
    CommandResult result = host.run(Command.of(DEADLINE, ENVIRONMENT, List.of(argv)));
    if (!result.succeeded()) {
      throw new IOException(String.join(" ", argv) + ": " + result.complaint());
    }
  }
}
