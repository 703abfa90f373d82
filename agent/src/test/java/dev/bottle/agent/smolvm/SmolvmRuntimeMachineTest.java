package dev.bottle.agent.smolvm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.NodePaths;
import dev.bottle.agent.host.ProcessTable;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.agent.smolvm.MachineRecord.State;
import dev.bottle.agent.testing.Root;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The driver on machines that run: of the stand-in, or of the real smolvm in the emulated node. */
@Timeout(600)
class SmolvmRuntimeMachineTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);
  private static final String POD = "7b0c5b1e-1111-4000-8000-000000000001";

  private Path home;
  private NodePaths paths;
  private SmolvmRuntime runtime;
  private String version;

  @BeforeEach
  void build() throws Exception {
    Root.required();
    home = Files.createTempDirectory(Path.of("/var/lib"), "bottle-test-");
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
    paths = new NodePaths(home, home.resolve("run"), home.resolve("kubelet"));
    for (Path directory :
        List.of(
            paths.runtime().getParent(),
            paths.machines(),
            paths.guestTools().resolve("bin"),
            paths.program("x").getParent(),
            paths.pods(),
            bottleDirectory())) {
      Files.createDirectories(directory);
    }
    version = RuntimeUnderTest.install(paths);
    runtime = new SmolvmRuntime(RuntimeUnderTest.host(), paths, MachineCgroups.POD, 2);
  }

  @AfterEach
  void tidyUp() throws Exception {
    if (home == null) {
      return;
    }
    if (runtime != null) {
      for (MachineRecord left : runtime.list()) {
        runtime.stop(left.name());
        runtime.delete(left.name());
      }
    }
    Root.run("rm", "-rf", "--one-file-system", home.toString());
    assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(home.toString());
  }

  private Path bottleDirectory() {
    return paths.bottleDirectory("uid-1");
  }

  /** Enough of a system to run a shell: the host's own, copied. */
  private Path rootfs() throws Exception {
    Path rootfs = Files.createDirectories(home.resolve("images/sha256-1/rootfs"));
    for (String directory : List.of("etc", "tmp", "root", "proc", "sys", "dev", "run", "usr/bin")) {
      Files.createDirectories(rootfs.resolve(directory));
    }
    Files.writeString(rootfs.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
    for (String name : List.of("sh", "cat", "sync", "id", "sleep", "ls", "echo", "true")) {
      Path program = Path.of("/bin", name).toRealPath();
      Root.run("cp", "-L", program.toString(), rootfs.resolve("usr/bin/" + name).toString());
      for (Path library : libraries(program)) {
        Path copy = Path.of(rootfs + library.toString());
        Files.createDirectories(copy.getParent());
        Root.run("cp", "-L", library.toString(), copy.toString());
      }
    }
    Files.createSymbolicLink(rootfs.resolve("bin"), Path.of("usr/bin"));
    Root.run("chmod", "-R", "o+rX", home.resolve("images").toString());
    return rootfs;
  }

  private static List<Path> libraries(Path program) throws IOException {
    Process ldd = new ProcessBuilder("ldd", program.toString()).start();
    String output = new String(ldd.getInputStream().readAllBytes(), UTF_8);
    return java.util.regex.Pattern.compile("(/\\S+) \\(0x")
        .matcher(output)
        .results()
        .map(found -> Path.of(found.group(1)))
        .toList();
  }

  private MachineDefinition machine() throws Exception {
    return new MachineDefinition(
        "b-1",
        new MachineLabels("uid-1", 3, "cafe"),
        new MachineSize(1, 256, 1),
        rootfs(),
        bottleDirectory());
  }

  private void start() throws Exception {
    runtime.start("b-1", POD, bottleDirectory());
    await().atMost(PATIENT).until(() -> state().equals(Optional.of(State.Running)));
  }

  private Optional<State> state() throws RuntimeFailure, InterruptedException {
    return runtime.status("b-1").map(MachineRecord::state);
  }

  private CommandResult guest(String... argv) throws RuntimeFailure, InterruptedException {
    return runtime.exec("b-1", List.of(argv), PATIENT, stdin -> {});
  }

  @Test
  void livesFromCreateToDelete() throws Exception {
    assertThat(runtime.version()).isEqualTo(version);
    assertThat(runtime.list()).isEmpty();
    assertThat(state()).isEmpty();

    runtime.create(machine());
    MachineRecord created = runtime.status("b-1").orElseThrow();
    assertThat(created.state()).isEqualTo(State.Stopped);
    assertThat(created.labels()).contains(new MachineLabels("uid-1", 3, "cafe"));
    assertThat(created.networkless()).isTrue();
    assertThat(created.image()).endsWith("/images/sha256-1/rootfs");
    assertThat(runtime.list()).containsExactly(created);

    start();
    long pid = runtime.status("b-1").orElseThrow().pid().orElseThrow();
    assertThat(Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/net")))
        .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/net")));
    assertThat(guest("id", "-u")).isEqualTo(new CommandResult(0, "0\n", ""));
    assertThat(guest("sh", "-c", "echo out; echo err >&2; exit 7"))
        .isEqualTo(new CommandResult(7, "out\n", "err\n"));
    assertThat(
            runtime.exec(
                "b-1", List.of("cat"), PATIENT, stdin -> stdin.write("in".getBytes(UTF_8))))
        .isEqualTo(new CommandResult(0, "in", ""));
    assertThat(guest("sh", "-c", "echo kept > /root/file").succeeded()).isTrue();
    assertThat(guest("sync").succeeded()).isTrue();

    runtime.start("b-1", POD, bottleDirectory()); // up already: left alone
    assertThat(runtime.status("b-1").orElseThrow().pid()).contains(pid);

    runtime.stop("b-1");
    assertThat(state()).contains(State.Stopped);
    // Not the directory in /proc: where process 1 does not reap, the dead stay there as zombies.
    assertThat(new ProcessTable(Path.of("/proc"), "self").find(pid)).isEmpty();
    runtime.stop("b-1");

    // Emulated, a guest of two processors boots and then does not answer (docs/smolvm-facts.md).
    MachineSize larger = new MachineSize(RuntimeUnderTest.isReal() ? 1 : 2, 512, 2);
    runtime.resize("b-1", larger);
    assertThat(runtime.status("b-1").orElseThrow().size()).isEqualTo(larger);
    start();
    assertThat(guest("cat", "/root/file").stdout()).isEqualTo("kept\n");

    runtime.stop("b-1");
    runtime.delete("b-1");
    runtime.delete("b-1");
    assertThat(state()).isEmpty();
    assertThat(runtime.list()).isEmpty();
  }

  @Test
  void whatACommandWritesComesBackWhole() throws Exception {
    runtime.create(machine());
    start();
    CommandResult result =
        runtime.exec(
            "b-1",
            List.of("cat"),
            PATIENT,
            stdin -> stdin.write("x".repeat(200_000).getBytes(UTF_8)));
    assertThat(result.stdout()).hasSize(200_000);
  }

  @Test
  void anAgentThatRestartsFindsTheMachineRunning() throws Exception {
    runtime.create(machine());
    start();
    Optional<Long> pid = runtime.status("b-1").orElseThrow().pid();

    SmolvmRuntime next = new SmolvmRuntime(RuntimeUnderTest.host(), paths, MachineCgroups.POD, 2);
    assertThat(next.status("b-1").orElseThrow().state()).isEqualTo(State.Running);
    assertThat(next.status("b-1").orElseThrow().pid()).isEqualTo(pid);
    assertThat(next.exec("b-1", List.of("id", "-u"), PATIENT, stdin -> {}).stdout())
        .isEqualTo("0\n");
  }

  @Test
  void aMachineWhoseProcessWasKilledIsStoppedAndStartsAgain() throws Exception {
    runtime.create(machine());
    start();
    long pid = runtime.status("b-1").orElseThrow().pid().orElseThrow();
    assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
    await().atMost(PATIENT).until(() -> state().equals(Optional.of(State.Stopped)));
    start();
    assertThat(runtime.status("b-1").orElseThrow().pid().orElseThrow()).isNotEqualTo(pid);
  }

  @Test
  void aPersonsCommandIsKilledWithItsClient() throws Exception {
    runtime.create(machine());
    start();
    RunningCommand command = runtime.open("b-1", List.of("cat"));
    command.stdin().write("hello\n".getBytes(UTF_8));
    command.stdin().flush();
    assertThat(new String(command.stdout().readNBytes(6), UTF_8)).isEqualTo("hello\n");
    command.kill();
    assertThat(command.await()).isNotZero();
    assertThat(state()).contains(State.Running);
  }

  @Test
  void aSecondMachineOfThatNameIsRefusedAndAGuestThatIsDownSaysSo() throws Exception {
    MachineDefinition machine = machine();
    runtime.create(machine);
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> runtime.create(machine))
        .isInstanceOf(RuntimeFailure.class)
        .hasMessageContaining("already exists");
    CommandResult down = guest("true");
    assertThat(down.exitCode()).isEqualTo(1);
    assertThat(down.complaint()).contains("is not running");
    assertThat(Files.exists(paths.machines(), LinkOption.NOFOLLOW_LINKS)).isTrue();
  }
}
