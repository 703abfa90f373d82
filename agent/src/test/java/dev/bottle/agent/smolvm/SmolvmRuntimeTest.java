package dev.bottle.agent.smolvm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.CommandRunner;
import dev.bottle.agent.host.CommandTimeoutException;
import dev.bottle.agent.host.NodePaths;
import dev.bottle.agent.host.ProcessRunner;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a shell program that answers as smolvm does and writes down what it was asked. */
@Timeout(60)
class SmolvmRuntimeTest {
  private static final Path BOTTLE = Path.of("/run/bottle/0123456789ab");
  private static final MachineDefinition MACHINE =
      new MachineDefinition(
          "b-1",
          new MachineLabels("uid-1", 3, "cafe"),
          new MachineSize(2, 2048, 10),
          Path.of("/var/lib/bottle/images/sha256-1/rootfs"),
          BOTTLE);

  @TempDir Path temp;
  private NodePaths paths;
  private Path calls;
  private SmolvmRuntime runtime;

  @BeforeEach
  void prepare() throws IOException {
    paths = new NodePaths(temp.resolve("home"), temp.resolve("run"), temp.resolve("kubelet"));
    calls = temp.resolve("calls");
    Files.createDirectories(paths.runtime());
    Files.createDirectories(paths.program("x").getParent());
    runtime = new SmolvmRuntime(new ProcessRunner(), paths, MachineCgroups.POD, 2);
    // The cage writes down its own arguments and becomes the command.
    program(
        paths.program("bottle-tool"),
        "echo \"cage: $*\" >> "
            + calls
            + "\nwhile [ \"$1\" != -- ]; do shift; done; shift\nexec \"$@\"");
    smolvm("exit 0");
  }

  private static void program(Path file, String script) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void smolvm(String script) throws IOException {
    program(
        paths.runtime().resolve("smolvm"),
        "echo \"argv: $*\" >> "
            + calls
            + "\nenv | sort | sed 's/^/env: /' >> "
            + calls
            + "\n"
            + script);
  }

  /** Answers status so, its version, everything else with success. */
  private void status(String state) throws IOException {
    status(state, "exit 0");
  }

  private void status(String state, String otherwise) throws IOException {
    smolvm(
        "[ \"$1\" = --version ] && { echo 'smolvm 1.32.2'; exit 0; }\n"
            + "[ \"$2\" = status ] && { cat <<'END'\n"
            + json("b-1", state)
            + "\nEND\nexit 0; }\n"
            + otherwise);
  }

  private static String json(String name, String state) {
    return """
    {"name":"%s","state":"%s","pid":4711,"cpus":2,"memory_mib":2048,"storage_gb":10,
     "overlay_gb":2,"network":false,"image":"local-dir:/images/sha256-1/rootfs","mounts":1,
     "labels":{"bottle.dev/uid":"uid-1","bottle.dev/epoch":"3","bottle.dev/shape":"cafe"},
     "state_reason":null,"later":{"unknown":[1]}}\
    """
        .formatted(name, state);
  }

  private List<String> argv() throws IOException {
    return Files.readAllLines(calls).stream()
        .filter(line -> line.startsWith("argv: "))
        .map(line -> line.substring("argv: ".length()))
        .toList();
  }

  private static void failsWith(
      Reason reason, String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            RuntimeFailure.class,
            e -> {
              assertThat(e.reason()).isEqualTo(reason);
              assertThat(e.getMessage()).contains(message).doesNotContain("\n");
            });
  }

  @Test
  void theVersionIsTheSecondWord() throws Exception {
    smolvm("echo 'smolvm 1.32.2+standin.runc'");
    assertThat(runtime.version()).isEqualTo("1.32.2+standin.runc");
    for (String wrong : List.of("echo other 1.0", "echo smolvm", "exit 1", "echo 'smolvm 1 2'")) {
      smolvm(wrong);
      failsWith(Reason.RuntimeMissing, "--version", runtime::version);
    }
    Files.delete(paths.runtime().resolve("smolvm"));
    failsWith(Reason.RuntimeMissing, "smolvm", runtime::version);
  }

  @Test
  void createIsTheContractsCommandAndNothingAsksForANetwork() throws Exception {
    runtime.create(MACHINE);
    assertThat(argv())
        .containsExactly(
            "machine create --name b-1 --label bottle.dev/uid=uid-1 --label bottle.dev/epoch=3"
                + " --label bottle.dev/shape=cafe --image /var/lib/bottle/images/sha256-1/rootfs/"
                + " --cpus 2 --mem 2048 --storage 10 --overlay 2 -v "
                + paths.guestTools()
                + ":/opt/bottle:ro --mount-socket /run/bottle/0123456789ab/door-egress/egress.sock"
                + ":/run/egress.sock"
                + " --mount-socket /run/bottle/0123456789ab/door-git-gate/git-gate.sock"
                + ":/run/git-gate.sock"
                + " --mount-socket /run/bottle/0123456789ab/door-supervise/supervise.sock"
                + ":/run/supervise.sock -- /opt/bottle/bin/bottle-tool relay"
                + " 127.0.0.1:8888=/run/egress.sock 127.0.0.1:9418=/run/git-gate.sock"
                + " 127.0.0.1:9100=/run/supervise.sock");
  }

  @Test
  void theEnvironmentIsScrubbed() throws Exception {
    runtime.create(MACHINE);
    assertThat(
            Files.readAllLines(calls).stream()
                .filter(line -> line.startsWith("env: "))
                .filter(line -> !line.matches("env: (PWD|_|SHLVL|OLDPWD)=.*")))
        .containsExactlyInAnyOrder(
            "env: HOME=" + paths.machines(),
            "env: SMOLVM_DATA_DIR=" + paths.machines(),
            "env: PATH=/usr/sbin:/usr/bin:/sbin:/bin",
            "env: RUST_LOG=smolvm=warn");
  }

  @Test
  void theRealRuntimesLibrariesAreFound() throws Exception {
    Files.createDirectories(paths.runtime().resolve("lib"));
    runtime.create(MACHINE);
    assertThat(Files.readAllLines(calls))
        .contains(
            "env: SMOLVM_LIB_DIR=" + paths.runtime().resolve("lib"),
            "env: LD_LIBRARY_PATH=" + paths.runtime().resolve("lib"),
            "env: SMOLVM_AGENT_ROOTFS=" + paths.runtime().resolve("agent-rootfs"));
  }

  @Test
  void statusIsReadWithUnknownKeysAndBesideWarnings() throws Exception {
    smolvm("echo 'WARN something' >&2; cat <<'END'\n" + json("b-1", "running") + "\nEND");
    assertThat(runtime.status("b-1"))
        .contains(
            new MachineRecord(
                "b-1",
                MachineRecord.State.Running,
                Optional.of(new MachineLabels("uid-1", 3, "cafe")),
                Optional.of(4711L),
                new MachineSize(2, 2048, 10),
                "/images/sha256-1/rootfs",
                true));
    assertThat(argv()).containsExactly("machine status --name b-1 --json");
  }

  @ParameterizedTest
  @CsvSource({
    "created,Stopped",
    "stopped,Stopped",
    "failed,Stopped",
    "running,Running",
    "unreachable,Unreachable",
    "frozen,Unreachable",
  })
  void everyStateHasItsMeaning(String word, String state) throws Exception {
    status(word);
    assertThat(runtime.status("b-1").orElseThrow().state())
        .isEqualTo(MachineRecord.State.valueOf(state));
  }

  @Test
  void anUnknownStateIsNotGuessed() throws Exception {
    status("levitating");
    failsWith(Reason.RuntimeMissing, "levitating", () -> runtime.status("b-1"));
  }

  @Test
  void machinesOfOthersHaveNoLabelsOfOursAndNoNetworkMeansFalse() throws Exception {
    smolvm(
        "echo '[{\"name\":\"x\",\"state\":\"stopped\",\"labels\":{\"bottle.dev/uid\":\"u\"},\"pid\":null},"
            + "{\"name\":\"y\",\"state\":\"stopped\",\"labels\":{\"bottle.dev/uid\":\"u\","
            + "\"bottle.dev/epoch\":\"-1\",\"bottle.dev/shape\":\"s\"}}]'");
    assertThat(runtime.list())
        .hasSize(2)
        .allSatisfy(machine -> {
          assertThat(machine.labels()).isEmpty();
          assertThat(machine.pid()).isEmpty();
          assertThat(machine.networkless()).as("said nothing").isFalse();
        });
    smolvm("echo '[]'");
    assertThat(runtime.list()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"echo no json", "echo '{}'", "echo '[{'", "exit 1"})
  void aListThatIsNoneIsAFailureAndNotAnEmptyNode(String script) throws Exception {
    smolvm(script);
    failsWith(Reason.RuntimeMissing, "", runtime::list);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Error: vm not found: b-1",
        "Error: config operation failed: machine status: machine 'b-1' not found"
      })
  void aMissingMachineIsNoFailure(String complaint) throws Exception {
    smolvm("echo \"" + complaint + "\" >&2; exit 1");
    assertThat(runtime.status("b-1")).isEmpty();
    runtime.delete("b-1");
    runtime.stop("b-1");
    assertThat(argv()).contains("machine delete --name b-1 -f", "machine stop --name b-1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "database not available: locked",
        "agent operation failed: delete machine: machine 'b-1' process is still alive after stop"
      })
  void otherComplaintsAreFailuresWithTheirText(String complaint) throws Exception {
    smolvm("echo \"WARN noise\" >&2; echo \"Error: " + complaint + "\" >&2; exit 1");
    failsWith(Reason.RuntimeMissing, complaint, () -> runtime.status("b-1"));
    failsWith(Reason.MachineUnreachable, complaint, () -> runtime.delete("b-1"));
    failsWith(Reason.MachineUnreachable, complaint, () -> runtime.stop("b-1"));
    failsWith(Reason.MachineStartFailed, complaint, () -> runtime.create(MACHINE));
  }

  @Test
  void aStartIsCagedAndHardened() throws Exception {
    status("created");
    runtime.start("b-1", "pod-1", BOTTLE);
    assertThat(Files.readAllLines(calls))
        .contains(
            "cage: cage --pod-uid pod-1 "
                + String.join(
                    " ",
                    Cage.of(
                            paths,
                            paths.machines(),
                            "1.32.2",
                            "b-1",
                            Path.of("/images/sha256-1/rootfs"),
                            BOTTLE,
                            MachineCgroups.POD)
                        .arguments(new MachineSize(2, 2048, 10)))
                + " --nofile 1048576 -- "
                + paths.runtime().toRealPath().resolve("smolvm")
                + " machine start --name b-1",
            "env: SMOLVM_SECCOMP=enforce",
            "env: SMOLVM_LANDLOCK=enforce");
  }

  private Path disks() throws IOException {
    Path directory =
        Files.createDirectories(
            paths.machineDirectories().resolve(NodePaths.machineDirectory("b-1")));
    Files.writeString(temp.resolve("of another"), "kept");
    Files.createSymbolicLink(directory.resolve("overlay.raw"), temp.resolve("of another"));
    for (String file : List.of("overlay.formatted", "storage.raw", "storage.formatted")) {
      Files.createFile(directory.resolve(file));
    }
    return directory;
  }

  @Test
  void aBootHasANewOverlayDiskAndKeepsTheOther() throws Exception {
    Path disks = disks();
    status("stopped", "echo disks: $(ls " + disks + ") >> " + calls);
    runtime.start("b-1", "pod-1", BOTTLE);
    assertThat(Files.readAllLines(calls)).contains("disks: storage.formatted storage.raw");
    assertThat(temp.resolve("of another")).hasContent("kept");
  }

  @Test
  void anOverlayDiskThatCannotBeRemovedIsNotBooted() throws Exception {
    Path overlay = disks().resolve("overlay.raw");
    Files.delete(overlay);
    Files.createDirectories(overlay.resolve("in the way"));
    status("stopped");
    failsWith(
        Reason.MachineStartFailed,
        "its overlay disk: " + overlay,
        () -> runtime.start("b-1", "pod-1", BOTTLE));
    assertThat(argv()).noneMatch(call -> call.contains("start"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"running", "unreachable", "frozen"})
  void whatIsUpIsNeverStarted(String state) throws Exception {
    Path disks = disks();
    status(state);
    runtime.start("b-1", "pod-1", BOTTLE);
    assertThat(argv()).noneMatch(call -> call.contains("start"));
    assertThat(disks.resolve("overlay.formatted")).exists();
  }

  @Test
  void aStartThatFailsSaysWhy() throws Exception {
    smolvm("echo 'Error: vm not found: b-1' >&2; exit 1");
    failsWith(
        Reason.MachineStartFailed,
        "there is no machine b-1 to start",
        () -> runtime.start("b-1", "pod-1", BOTTLE));
    status(
        "stopped",
        "echo 'Starting machine' >&2; echo 'Error: kvm permission denied: /dev/kvm' >&2; exit 1");
    failsWith(
        Reason.MachineStartFailed,
        "kvm permission denied",
        () -> runtime.start("b-1", "pod-1", BOTTLE));
    program(
        paths.program("bottle-tool"), "echo 'bottle-tool cage: unshare (needs root)' >&2; exit 1");
    failsWith(Reason.MachineStartFailed, "unshare", () -> runtime.start("b-1", "pod-1", BOTTLE));
    Files.delete(paths.program("bottle-tool"));
    failsWith(Reason.RuntimeMissing, "bottle-tool", () -> runtime.start("b-1", "pod-1", BOTTLE));
  }

  @Test
  void aResizeThatHasNoDiskToGrowMakesRoomForANewMachine() throws Exception {
    smolvm(
        "[ \"$2\" = update ] && { echo 'Error: storage operation failed: expand storage disk:"
            + " open disk: No such file or directory (os error 2)' >&2; exit 1; }\nexit 0");
    runtime.resize("b-1", new MachineSize(4, 4096, 20));
    assertThat(argv())
        .containsExactly(
            "machine update --name b-1 --cpus 4 --mem 4096 --storage 20",
            "machine delete --name b-1 -f");
    smolvm("echo 'Error: invalid vm state: expected stopped, got running' >&2; exit 1");
    failsWith(
        Reason.MachineStartFailed,
        "invalid vm state",
        () -> runtime.resize("b-1", new MachineSize(4, 4096, 20)));
  }

  @Test
  void aCommandInTheGuestGetsItsInputAndGivesItsOutput() throws Exception {
    smolvm("cat; echo oops >&2; exit 3");
    CommandResult result =
        runtime.exec(
            "b-1",
            List.of("cat", "-"),
            Duration.ofSeconds(20),
            stdin -> stdin.write("hello".getBytes(UTF_8)));
    assertThat(result).isEqualTo(new CommandResult(3, "hello", "oops\n"));
    assertThat(argv()).containsExactly("machine exec --name b-1 -i -- cat -");
  }

  @Test
  void aCommandInTheGuestHasADeadline() throws Exception {
    smolvm("sleep 300");
    failsWith(
        Reason.MachineUnreachable,
        "did not end within",
        () -> runtime.exec("b-1", List.of("sync"), Duration.ofSeconds(1), stdin -> {}));
  }

  @Test
  void aPersonsCommandStreams() throws Exception {
    smolvm("read line; echo \"got $line\"; exit 5");
    RunningCommand command = runtime.open("b-1", List.of("sh"));
    command.stdin().write("it\n".getBytes(UTF_8));
    command.stdin().flush();
    assertThat(new String(command.stdout().readAllBytes(), UTF_8)).isEqualTo("got it\n");
    assertThat(command.await()).isEqualTo(5);
  }

  @Test
  void aStartThatHangsIsStoppedForItsRecordMayNotKnowIt() throws Exception {
    List<List<String>> seen = new ArrayList<>();
    CommandRunner hanging =
        scripted(command -> {
          seen.add(command.argv());
          if (command.argv().contains("cage")) {
            throw new CommandTimeoutException(command);
          }
          return answer(command);
        });
    failsWith(
        Reason.MachineStartFailed,
        "did not end within 90 s",
        () ->
            new SmolvmRuntime(hanging, paths, MachineCgroups.POD, 1).start("b-1", "pod-1", BOTTLE));
    assertThat(seen.getLast()).endsWith("machine", "stop", "--name", "b-1");
  }

  @Test
  void everyCallHasADeadline() throws Exception {
    List<Command> seen = new CopyOnWriteArrayList<>();
    SmolvmRuntime recorded =
        new SmolvmRuntime(
            scripted(command -> {
              seen.add(command);
              return answer(command);
            }),
            paths,
            MachineCgroups.POD,
            1);
    var _ = recorded.version();
    var _ = recorded.list();
    var _ = recorded.status("b-1");
    recorded.create(MACHINE);
    recorded.resize("b-1", MACHINE.size());
    recorded.start("b-1", "pod-1", BOTTLE);
    recorded.stop("b-1");
    recorded.delete("b-1");
    assertThat(seen)
        .hasSize(11)
        .allSatisfy(command ->
            assertThat(command.deadline())
                .isBetween(Duration.ofSeconds(5), Duration.ofSeconds(90)));
    assertThat(seen.stream().map(Command::deadline))
        .as("a stop fits into the Pod's grace period")
        .contains(Duration.ofSeconds(40));
  }

  @Test
  void oneLifecycleOperationAtATimeForEachMachineAndFewStartsInAll() throws Exception {
    AtomicInteger ofOne = new AtomicInteger();
    AtomicInteger starts = new AtomicInteger();
    List<String> breaches = new CopyOnWriteArrayList<>();
    SmolvmRuntime recorded =
        new SmolvmRuntime(
            scripted(command -> {
              boolean start = command.argv().contains("cage");
              boolean one = command.argv().contains("b-1") && !command.argv().contains("status");
              if (one && ofOne.incrementAndGet() > 1) {
                breaches.add("two at once for b-1");
              }
              if (start && starts.incrementAndGet() > 2) {
                breaches.add("three starts");
              }
              LockSupport.parkNanos(100_000); // long enough for another to overlap
              if (start) {
                starts.decrementAndGet();
              }
              if (one) {
                ofOne.decrementAndGet();
              }
              return answer(command);
            }),
            paths,
            MachineCgroups.POD,
            2);
    CountDownLatch done = new CountDownLatch(12);
    for (int i = 0; i < 12; i++) {
      String name = i % 2 == 0 ? "b-1" : "b-" + i;
      boolean start = i % 3 != 0;
      Thread.ofVirtual()
          .start(() -> {
            try {
              for (int round = 0; round < 50; round++) {
                if (start) {
                  recorded.start(name, "pod", BOTTLE);
                } else {
                  recorded.stop(name);
                }
              }
            } catch (RuntimeFailure | InterruptedException e) {
              breaches.add(e.toString());
            }
            done.countDown();
          });
    }
    assertThat(done.await(50, TimeUnit.SECONDS)).isTrue();
    assertThat(breaches).isEmpty();
  }

  /** As smolvm answers for a machine that is stopped. */
  private static CommandResult answer(Command command) {
    List<String> argv = command.argv();
    String output = "";
    if (argv.contains("--version")) {
      output = "smolvm 1.32.2";
    } else if (argv.contains("ls")) {
      output = "[]";
    } else if (argv.contains("status")) {
      output = json(argv.get(argv.indexOf("--name") + 1), "stopped");
    }
    return new CommandResult(0, output, "");
  }

  /** What runs instead of programs. */
  @FunctionalInterface
  private interface Script {
    CommandResult run(Command command) throws IOException;
  }

  private static CommandRunner scripted(Script script) {
    return new CommandRunner() {
      @Override
      public CommandResult run(Command command) throws IOException {
        assertThat(command.environment()).doesNotContainKey("SMOLVM_MACHINE_NAME");
        return script.run(command);
      }

      @Override
      public RunningCommand start(Command command) throws IOException {
        throw new IOException("not used: " + Map.of());
      }
    };
  }
}
