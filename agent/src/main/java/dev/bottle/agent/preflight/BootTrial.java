package dev.bottle.agent.preflight;

import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.NodePaths;
import dev.bottle.agent.smolvm.MachineDefinition;
import dev.bottle.agent.smolvm.MachineLabels;
import dev.bottle.agent.smolvm.MachineRecord;
import dev.bottle.agent.smolvm.MachineRuntime;
import dev.bottle.agent.smolvm.MachineSize;
import dev.bottle.agent.smolvm.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates, starts, asks and deletes a tiny machine, by the driver and in the cage that real ones
 * get, but in a data directory of its own: no machine of a Bottle is near.
 */
public final class BootTrial implements Trial {
  private static final Logger LOG = LoggerFactory.getLogger(BootTrial.class);

  /** Its name, and what its short directory is derived from: no Bottle's UID looks like it. */
  public static final String MACHINE = "preflight";

  private static final MachineSize TINY = new MachineSize(1, 256, 1);
  private static final Duration EXEC = Duration.ofSeconds(30);
  private static final int ANSWER_POLLS = 600;
  private static final Duration POLL = Duration.ofMillis(50);

  private final MachineRuntime runtime;
  private final NodePaths paths;
  private final Path directory;
  private final String podUid;

  /**
   * Tries in that directory.
   *
   * @param runtime keeps its machines in {@link #data}
   * @param podUid of the agent's own Pod, which pays for the machine
   */
  public BootTrial(MachineRuntime runtime, NodePaths paths, Path directory, String podUid) {
    this.runtime = runtime;
    this.paths = paths;
    this.directory = directory;
    this.podUid = podUid;
  }

  /** The runtime's data directory within a trial's directory. */
  public static Path data(Path directory) {
    return directory.resolve("data");
  }

  @Override
  public Optional<String> failure() throws InterruptedException {
    try {
      Path rootfs = rootfs();
      Path doors = doors();
      remove(); // what an agent left that was killed in the middle of this
      try {
        runtime.create(
            new MachineDefinition(
                MACHINE, new MachineLabels(MACHINE, 0, MACHINE), TINY, rootfs, doors));
        runtime.start(MACHINE, podUid, doors);
        awaitAnswer();
        ask();
      } finally {
        remove();
      }
      return Optional.empty();
    } catch (RuntimeFailure | IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private void awaitAnswer() throws RuntimeFailure, InterruptedException, IOException {
    for (int i = 0; i < ANSWER_POLLS; i++) {
      if (runtime
          .status(MACHINE)
          .filter(machine -> machine.state() == MachineRecord.State.Running)
          .isPresent()) {
        return;
      }
      Thread.sleep(POLL);
    }
    throw new IOException("it did not answer within 30 s of its start");
  }

  private void ask() throws RuntimeFailure, InterruptedException, IOException {
    CommandResult result =
        runtime.exec(MACHINE, List.of("/opt/bottle/bin/bottle-tool", "boot-id"), EXEC, stdin -> {});
    if (!result.succeeded()) {
      throw new IOException("a command in it failed: " + result.complaint());
    }
    try {
      UUID guest = UUID.fromString(result.stdout().strip());
      LOG.atInfo().addKeyValue("boot", guest).log("the preflight's machine booted");
    } catch (IllegalArgumentException e) {
      throw new IOException("a command in it answered with something else", e);
    }
  }

  private void remove() throws RuntimeFailure, InterruptedException {
    runtime.stop(MACHINE);
    runtime.delete(MACHINE);
  }

  /** As good as empty: the command comes with the guest tools. Never deleted. */
  private Path rootfs() throws IOException {
    Path rootfs = directory.resolve("rootfs");
    for (String name :
        List.of("bin", "dev", "etc", "opt/bottle", "proc", "root", "run", "sys", "tmp", "usr")) {
      readable(rootfs.resolve(name));
    }
    Path passwd = rootfs.resolve("etc/passwd");
    Files.writeString(passwd, "root:x:0:0:root:/root:/bin/sh\n");
    Files.setPosixFilePermissions(passwd, PosixFilePermissions.fromString("rw-r--r--"));
    // The monitor's user walks through all of it (smolvm.md §12.2).
    for (Path part : List.of(directory, rootfs, rootfs.resolve("etc"), rootfs.resolve("opt"))) {
      readable(part);
    }
    readable(data(directory));
    return rootfs;
  }

  /** The place of the doors; there is none in it, which a start tolerates. */
  private Path doors() throws IOException {
    Path doors = paths.bottleDirectory(MACHINE);
    traversable(doors);
    for (Daemon daemon : Daemon.values()) {
      traversable(doors.resolve(daemon.doorVolume()));
    }
    return doors;
  }

  private static void traversable(Path part) throws IOException {
    directory(part, "rwx--x--x");
  }

  private static void readable(Path part) throws IOException {
    directory(part, "rwxr-xr-x");
  }

  private static void directory(Path part, String mode) throws IOException {
    Files.createDirectories(part);
    Files.setPosixFilePermissions(part, PosixFilePermissions.fromString(mode));
  }
}
