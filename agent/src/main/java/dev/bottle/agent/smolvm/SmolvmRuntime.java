package dev.bottle.agent.smolvm;

import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.CommandRunner;
import dev.bottle.agent.host.CommandTimeoutException;
import dev.bottle.agent.host.NodePaths;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Drives the smolvm command line, 1.32.2 (never {@code smolvm serve}, which deletes the disks of
 * machines that crashed).
 */
public final class SmolvmRuntime implements MachineRuntime, CageSource {
  private static final Duration QUICK = Duration.ofSeconds(15);
  private static final Duration LIST = Duration.ofSeconds(60);
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration STOP = Duration.ofSeconds(40);
  private static final Duration DELETE = Duration.ofSeconds(60);

  /** One descriptor for each inode that the guest caches (smolvm.md §12.2). */
  private static final String DESCRIPTORS = "1048576";

  private static final String OVERLAY_GIB = "2";

  private final CommandRunner host;
  private final NodePaths paths;
  private final MachineCgroups cgroups;
  private final Path data;
  private final boolean inPods;
  private final Lifecycle lifecycle = new Lifecycle();
  private final Semaphore starts;

  /**
   * Runs the runtime that the node has.
   *
   * @param host runs in the host's namespaces
   * @param cgroups in which cgroup machines run
   * @param parallelStarts how many machines may boot at once
   */
  public SmolvmRuntime(
      CommandRunner host, NodePaths paths, MachineCgroups cgroups, int parallelStarts) {
    this(host, paths, cgroups, paths.machines(), true, parallelStarts);
  }

  private SmolvmRuntime(
      CommandRunner host,
      NodePaths paths,
      MachineCgroups cgroups,
      Path data,
      boolean inPods,
      int parallelStarts) {
    this.host = host;
    this.paths = paths;
    this.cgroups = cgroups;
    this.data = data;
    this.inPods = inPods;
    this.starts = new Semaphore(parallelStarts, true);
  }

  /**
   * The same runtime and cage for machines that are no Bottle's.
   *
   * @param cgroups in which cgroup they run
   * @param data their data directory
   * @param inPods whether they are started in the cgroup of the Pod that a start names; false for
   *     an agent that runs in no Pod
   */
  public static SmolvmRuntime forTrials(
      CommandRunner host, NodePaths paths, MachineCgroups cgroups, Path data, boolean inPods) {
    return new SmolvmRuntime(host, paths, cgroups, data, inPods, 1);
  }

  @Override
  public String version() throws RuntimeFailure, InterruptedException {
    CommandResult result = run(Reason.RuntimeMissing, QUICK, List.of("--version"));
    String[] words = result.stdout().strip().split(" ", -1);
    if (!result.succeeded() || words.length != 2 || !words[0].equals("smolvm")) {
      throw new RuntimeFailure(
          Reason.RuntimeMissing, paths.runtime() + "/smolvm --version: " + result.complaint());
    }
    return words[1];
  }

  @Override
  public List<MachineRecord> list() throws RuntimeFailure, InterruptedException {
    return StatusJson.machines(
        must(Reason.RuntimeMissing, LIST, List.of("machine", "ls", "--json")).stdout());
  }

  @Override
  public Optional<MachineRecord> status(String name) throws RuntimeFailure, InterruptedException {
    CommandResult result =
        run(Reason.RuntimeMissing, QUICK, List.of("machine", "status", "--name", name, "--json"));
    if (result.succeeded()) {
      return Optional.of(StatusJson.machine(result.stdout()));
    }
    if (isMissing(result)) {
      return Optional.empty();
    }
    throw new RuntimeFailure(Reason.RuntimeMissing, "machine status: " + result.complaint());
  }

  @Override
  public void create(MachineDefinition machine) throws RuntimeFailure, InterruptedException {
    MachineLabels labels = machine.labels();
    MachineSize size = machine.size();
    List<String> argv =
        new ArrayList<>(
            List.of(
                "machine",
                "create",
                "--name",
                machine.name(),
                "--label",
                MachineLabels.UID + "=" + labels.uid(),
                "--label",
                MachineLabels.EPOCH + "=" + labels.epoch(),
                "--label",
                MachineLabels.SHAPE + "=" + labels.shape(),
                "--image",
                machine.rootfs() + "/",
                "--cpus",
                Integer.toString(size.cpus()),
                "--mem",
                Long.toString(size.memoryMiB()),
                "--storage",
                Long.toString(size.diskGiB()),
                "--overlay",
                OVERLAY_GIB,
                "-v",
                paths.guestTools() + ":/opt/bottle:ro"));
    for (Daemon daemon : Daemon.values()) {
      argv.add("--mount-socket");
      argv.add(daemon.door(machine.bottleDirectory()) + ":" + daemon.guestSocket());
    }
    argv.addAll(List.of("--", "/opt/bottle/bin/bottle-tool", "relay"));
    for (Daemon daemon : Daemon.values()) {
      argv.add(daemon.guestAddress() + "=" + daemon.guestSocket());
    }
    try (var _ = lifecycle.of(machine.name())) {
      must(Reason.MachineStartFailed, QUICK, argv);
    }
  }

  @Override
  public void resize(String name, MachineSize size) throws RuntimeFailure, InterruptedException {
    List<String> argv =
        List.of(
            "machine",
            "update",
            "--name",
            name,
            "--cpus",
            Integer.toString(size.cpus()),
            "--mem",
            Long.toString(size.memoryMiB()),
            "--storage",
            Long.toString(size.diskGiB()));
    try (var _ = lifecycle.of(name)) {
      CommandResult result = run(Reason.MachineStartFailed, QUICK, argv);
      if (hasNoDisk(result)) {
        // A machine that never started has no disk to enlarge and none to lose: it is made anew.
        delete(name);
      } else if (!result.succeeded()) {
        throw new RuntimeFailure(
            Reason.MachineStartFailed, "machine update: " + result.complaint());
      }
    }
  }

  @Override
  public void start(String name, String podUid, Path bottleDirectory)
      throws RuntimeFailure, InterruptedException {
    starts.acquire();
    try (var _ = lifecycle.of(name)) {
      MachineRecord machine = existing(name);
      Cage cage = cage(machine, bottleDirectory);
      // The last look is the last thing before the start: an earlier agent's may still be under
      // way.
      if (status(name).filter(found -> found.state() != MachineRecord.State.Stopped).isPresent()) {
        return;
      }
      OverlayDisk.discard(cage.machineDirectory());
      CommandResult result = host.run(caged(machine, cage, podUid));
      if (!result.succeeded()) {
        throw new RuntimeFailure(Reason.MachineStartFailed, result.complaint());
      }
    } catch (CommandTimeoutException e) {
      stop(name); // an interrupted start may leave a machine that its record does not know
      throw new RuntimeFailure(Reason.MachineStartFailed, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new RuntimeFailure(Reason.RuntimeMissing, String.valueOf(e.getMessage()));
    } finally {
      starts.release();
    }
  }

  /** The start of a machine in its cage. */
  private Command caged(MachineRecord machine, Cage cage, String podUid) {
    List<String> argv = new ArrayList<>();
    argv.addAll(List.of(paths.program("bottle-tool").toString(), "cage"));
    argv.addAll(inPods ? List.of("--pod-uid", podUid) : List.of("--no-cgroup"));
    argv.addAll(cage.arguments(machine.size()));
    argv.addAll(List.of("--nofile", DESCRIPTORS, "--"));
    argv.addAll(smolvm(List.of("machine", "start", "--name", machine.name())));
    Map<String, String> environment = environment();
    environment.put("SMOLVM_SECCOMP", "enforce");
    environment.put("SMOLVM_LANDLOCK", "enforce");
    return Command.of(START, environment, argv);
  }

  @Override
  public Cage cage(String machine, Path bottleDirectory)
      throws RuntimeFailure, InterruptedException {
    return cage(existing(machine), bottleDirectory);
  }

  private Cage cage(MachineRecord machine, Path bottleDirectory)
      throws RuntimeFailure, InterruptedException {
    return Cage.of(
        paths, data, version(), machine.name(), Path.of(machine.image()), bottleDirectory, cgroups);
  }

  private MachineRecord existing(String name) throws RuntimeFailure, InterruptedException {
    return status(name)
        .orElseThrow(() ->
            new RuntimeFailure(
                Reason.MachineStartFailed, "there is no machine " + name + " to start"));
  }

  @Override
  public void stop(String name) throws RuntimeFailure, InterruptedException {
    try (var _ = lifecycle.of(name)) {
      CommandResult result =
          run(Reason.MachineUnreachable, STOP, List.of("machine", "stop", "--name", name));
      if (!result.succeeded() && !isMissing(result)) {
        throw new RuntimeFailure(Reason.MachineUnreachable, "machine stop: " + result.complaint());
      }
    }
  }

  @Override
  public void delete(String name) throws RuntimeFailure, InterruptedException {
    try (var _ = lifecycle.of(name)) {
      CommandResult result =
          run(
              Reason.MachineUnreachable,
              DELETE,
              List.of("machine", "delete", "--name", name, "-f"));
      if (!result.succeeded() && !isMissing(result)) {
        throw new RuntimeFailure(
            Reason.MachineUnreachable, "machine delete: " + result.complaint());
      }
    }
  }

  @Override
  public CommandResult exec(String name, List<String> argv, Duration deadline, Command.Input input)
      throws RuntimeFailure, InterruptedException {
    try {
      return host.run(Command.of(deadline, environment(), inGuest(name, argv)).withInput(input));
    } catch (IOException e) {
      throw new RuntimeFailure(Reason.MachineUnreachable, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public RunningCommand open(String name, List<String> argv) throws RuntimeFailure {
    try {
      return host.start(Command.of(Duration.ZERO, environment(), inGuest(name, argv)));
    } catch (IOException e) {
      throw new RuntimeFailure(Reason.MachineUnreachable, String.valueOf(e.getMessage()));
    }
  }

  private List<String> inGuest(String name, List<String> argv) {
    // -i is the only mode whose output is neither buffered nor silently cut (smolvm.md §1.8).
    List<String> all =
        new ArrayList<>(smolvm(List.of("machine", "exec", "--name", name, "-i", "--")));
    all.addAll(argv);
    return all;
  }

  private CommandResult must(Reason reason, Duration deadline, List<String> arguments)
      throws RuntimeFailure, InterruptedException {
    CommandResult result = run(reason, deadline, arguments);
    if (!result.succeeded()) {
      throw new RuntimeFailure(
          reason, arguments.get(0) + " " + arguments.get(1) + ": " + result.complaint());
    }
    return result;
  }

  private CommandResult run(Reason reason, Duration deadline, List<String> arguments)
      throws RuntimeFailure, InterruptedException {
    try {
      return host.run(Command.of(deadline, environment(), smolvm(arguments)));
    } catch (IOException e) {
      throw new RuntimeFailure(reason, "smolvm: " + e.getMessage());
    }
  }

  private List<String> smolvm(List<String> arguments) {
    List<String> argv = new ArrayList<>();
    argv.add(runtime().resolve("smolvm").toString());
    argv.addAll(arguments);
    return argv;
  }

  /** Scrubbed: a machine's process inherits the environment of its start (smolvm.md §1.4). */
  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("HOME", data.toString());
    environment.put("SMOLVM_DATA_DIR", data.toString());
    environment.put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    environment.put("RUST_LOG", "smolvm=warn");
    Path libraries = runtime().resolve("lib");
    if (Files.isDirectory(libraries)) { // the stand-in has none
      environment.put("SMOLVM_LIB_DIR", libraries.toString());
      environment.put("LD_LIBRARY_PATH", libraries.toString());
      environment.put("SMOLVM_AGENT_ROOTFS", runtime().resolve("agent-rootfs").toString());
    }
    return environment;
  }

  private static boolean hasNoDisk(CommandResult result) {
    return !result.succeeded()
        && result.stderr().contains("expand storage disk")
        && result.stderr().contains("No such file or directory");
  }

  /** By its real name, under which the cage shows it too. */
  private Path runtime() {
    return Cage.resolved(paths.runtime());
  }

  private static boolean isMissing(CommandResult result) {
    return result.stderr().contains("vm not found:")
        || result.stderr().matches("(?s).*machine '[^']*' not found.*");
  }
}
