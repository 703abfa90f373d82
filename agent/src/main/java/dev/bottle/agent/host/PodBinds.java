package dev.bottle.agent.host;

import dev.bottle.agent.control.Daemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Binds the socket volumes of a Bottle's current Pod below a short path, where the agent dials and
 * binds sockets and whence they reach the machine's private mount namespace by propagation.
 */
public final class PodBinds implements SocketBinds {
  /** The volumes of every bundle that hold sockets. */
  public static final List<String> REQUIRED =
      List.of(Daemon.EGRESS.doorVolume(), Daemon.EGRESS.controlVolume(), "gate");

  /**
   * Those of git-gate and supervise, which a Bottle without git upstreams, or one that is not
   * supervised, does not have: their places stay, and nothing is bound there.
   */
  private static final List<String> OPTIONAL =
      Stream.of(Daemon.GIT_GATE, Daemon.SUPERVISE)
          .flatMap(daemon -> Stream.of(daemon.doorVolume(), daemon.controlVolume()))
          .toList();

  /** In the order in which they are bound. */
  private static final List<String> VOLUMES =
      Stream.concat(OPTIONAL.stream(), REQUIRED.stream()).toList();

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
      Optional<MountTable.Mount> mount = mounts.at(directory.resolve(volume));
      boolean right =
          isAbsent(podUid, volume)
              ? mount.isEmpty() && Files.isDirectory(directory.resolve(volume))
              : mount.filter(bound -> belongsTo(bound, podUid)).isPresent();
      if (!right) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean has(String bottleUid, Daemon daemon) throws IOException {
    return mounts.at(paths.bottleDirectory(bottleUid).resolve(daemon.controlVolume())).isPresent();
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
      if (!isAbsent(podUid, volume)) {
        run("mount", "--bind", source(podUid, volume).toString(), target.toString());
      }
    }
  }

  private boolean isAbsent(String podUid, String volume) {
    return OPTIONAL.contains(volume)
        && !Files.isDirectory(source(podUid, volume), LinkOption.NOFOLLOW_LINKS);
  }

  private Path source(String podUid, String volume) {
    return paths.pods().resolve(podUid).resolve("volumes/kubernetes.io~empty-dir").resolve(volume);
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
