package dev.bottle.system.emulated;

import dev.bottle.system.endtoend.Shell;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A machine of {@code deploy/local/microvm-node}, of this test's own: beside one that is up
 * already, fresh, and gone at the end. All it reaches are the API server and the registry.
 */
final class EmulatedNode implements AutoCloseable {
  /** Of the API server and the registry, on the host; in the node on its loopback device. */
  static final String SERVER = "10.98.0.1";

  static final int API_PORT = 6443;
  private static final int REGISTRY_PORT = 5000;
  private static final String SCRIPT = "deploy/local/microvm-node";
  private static final String KUBELET = "/host/kubelet";

  /** Building the node's disk takes some minutes, once. */
  private static final Duration UP = Duration.ofMinutes(15);

  private final Path directory;
  private final Map<String, String> environment;
  private final Shell shell;

  /**
   * Starts it.
   *
   * @param directory absolute; for what belongs to the machine, and logs
   * @param port of this host's loopback, no other machine's
   */
  EmulatedNode(Path directory, int port) throws IOException, InterruptedException {
    this.directory = directory;
    Path agent = directory.resolve("agent.ext4");
    Path bundle = directory.resolve("bundle.ext4");
    environment =
        Map.of(
            "NODE_RUN",
            directory.toString(),
            "NODE_PORT",
            Integer.toString(port),
            "NODE_MEMORY",
            "4096",
            "NODE_DISKS",
            agent + " " + bundle);
    shell = new Shell(environment);
    Files.createDirectories(directory);
    Progress.say("the images of agent and bundle");
    shell.run("deploy/local/export-image", "agent", agent.toString()).orThrow();
    shell.run("deploy/local/export-image", "bundle", bundle.toString()).orThrow();
    Path kubelet = share().resolve("kubelet");
    try (var script =
        Objects.requireNonNull(EmulatedNode.class.getResourceAsStream("/emulated/kubelet"))) {
      Files.write(kubelet, script.readAllBytes());
    }
    Files.setPosixFilePermissions(kubelet, PosixFilePermissions.fromString("rwxr-xr-x"));
    // A test run that is ended from outside must not leave an emulator behind.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> shell.run(SCRIPT, "down")));
    up();
    Progress.say("what an installed node has");
    kubelet("node", SERVER).orThrow();
    connect();
  }

  private void up() throws IOException, InterruptedException {
    var builder = new ProcessBuilder(SCRIPT, "up").inheritIO();
    builder.redirectInput(new File("/dev/null")); // ssh within would read what is not for it
    builder.environment().putAll(environment);
    Process up = builder.start();
    if (!up.waitFor(UP.toSeconds(), TimeUnit.SECONDS) || up.exitValue() != 0) {
      up.destroy();
      throw new IOException("the emulated node does not come up");
    }
  }

  /** The ways to API server and registry: the node's addresses, then its sockets, then the host. */
  private void connect() throws IOException {
    String api = "/run/forwarded/api.sock";
    String registry = "/run/forwarded/registry.sock";
    start(
        "forward.log",
        "forward",
        api + "=" + SERVER + ":" + API_PORT,
        registry + "=" + SERVER + ":" + REGISTRY_PORT);
    process(
        "relay.log",
        "/srv/images/agent/usr/bin/bottle-tool",
        "relay",
        SERVER + ":" + API_PORT + "=" + api,
        SERVER + ":" + REGISTRY_PORT + "=" + registry);
  }

  /** The host's end of the node's {@code /host}. */
  Path share() throws IOException {
    return Files.createDirectories(directory.resolve("share"));
  }

  /** A command in the node. */
  Shell.Result run(String... command) {
    return shell.run(words(Stream.of(SCRIPT, "run"), quoted(command)));
  }

  /** A command in the node that takes its time; its output goes to the log of that name. */
  Process process(String log, String... command) throws IOException {
    return start(log, words(Stream.of("run"), quoted(command)));
  }

  /** A verb of the script that plays kubelet. */
  Shell.Result kubelet(String... arguments) {
    return run(words(Stream.of(KUBELET), Arrays.stream(arguments)));
  }

  /** A container, in the foreground of this process; its output goes to the log of that name. */
  Process container(String log, List<String> arguments) throws IOException {
    return process(log, words(Stream.of(KUBELET, "container"), arguments.stream()));
  }

  /** What was written to that log. */
  String log(String name) throws IOException {
    return Files.readString(directory.resolve(name));
  }

  private Process start(String log, String... arguments) throws IOException {
    var builder =
        new ProcessBuilder(Stream.concat(Stream.of(SCRIPT), Arrays.stream(arguments)).toList())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve(log).toFile());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static String[] words(Stream<String> first, Stream<String> more) {
    return Stream.concat(first, more).toArray(String[]::new);
  }

  /** ssh joins the words of a command, and a shell takes them apart again. */
  private static Stream<String> quoted(String... words) {
    return Arrays.stream(words).map(word -> "'" + word.replace("'", "'\\''") + "'");
  }

  /** What still runs in it ends with it. */
  @Override
  public void close() {
    shell.run(SCRIPT, "down").orThrow();
  }
}
