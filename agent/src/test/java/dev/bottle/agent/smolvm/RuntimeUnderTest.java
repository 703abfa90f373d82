package dev.bottle.agent.smolvm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.CommandRunner;
import dev.bottle.agent.host.NodePaths;
import dev.bottle.agent.host.ProcessRunner;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.agent.testing.Root;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The runtime that the driver's tests are about: the stand-in of this checkout, or the one that two
 * system properties name, {@value #SMOLVM} (a directory as smolvm's release has it) and {@value
 * #TOOL} (the static tool of gate and guest, built). The emulated node sets them.
 */
final class RuntimeUnderTest {
  static final String SMOLVM = "bottle.test.smolvm";
  static final String TOOL = "bottle.test.tool";

  private RuntimeUnderTest() {}

  static boolean isReal() {
    return System.getProperty(SMOLVM) != null;
  }

  /**
   * What the driver runs commands with. An emulated machine may be slower than any deadline of the
   * driver's foresees, so there each is five times as long.
   */
  static CommandRunner host() {
    ProcessRunner host = new ProcessRunner();
    return isReal() ? new Patient(host) : host;
  }

  private record Patient(CommandRunner host) implements CommandRunner {
    @Override
    public CommandResult run(Command command) throws IOException, InterruptedException {
      return host.run(
          new Command(
              command.argv(),
              command.environment(),
              command.deadline().multipliedBy(5),
              command.input()));
    }

    @Override
    public RunningCommand start(Command command) throws IOException {
      return host.start(command);
    }
  }

  /**
   * Puts it where the driver looks for it.
   *
   * @return the version that it is to call itself
   */
  static String install(NodePaths paths) throws Exception {
    Path tool = paths.guestTools().resolve("bin/bottle-tool");
    @Nullable String smolvm = System.getProperty(SMOLVM);
    if (smolvm == null) {
      standIn(paths.runtime(), tool);
    } else {
      Path real = paths.runtime().resolveSibling("real");
      Root.run("cp", "-al", smolvm, real.toString()); // links: a copy takes 13 s there
      Files.createSymbolicLink(paths.runtime(), real);
      Root.run("cp", System.getProperty(TOOL), tool.toString());
    }
    cage(paths.program("bottle-tool"), tool);
    return smolvm == null ? "1.32.2+standin.runc" : "1.32.2";
  }

  private static void standIn(Path directory, Path tool) throws Exception {
    assumeTrue(
        Stream.of("/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc", "/usr/local/bin/runc")
            .anyMatch(program -> Files.isExecutable(Path.of(program))),
        "needs runc: the stand-in's guests are its containers");
    Path module = Path.of("").toAbsolutePath();
    Files.createDirectories(directory);
    goBuild(module.resolveSibling("src/standin"), directory.resolve("smolvm"));
    goBuild(module.resolve("tool"), tool);
  }

  /** No kubelet here, so no Pod's cgroup: the cage is as always but for that. */
  private static void cage(Path program, Path tool) throws IOException {
    Files.writeString(
        program,
        """
        #!/bin/sh
        [ "$1 $2" = "cage --pod-uid" ] || exit 64
        shift 3
        exec %s cage --no-cgroup "$@"
        """
            .formatted(tool));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void goBuild(Path sources, Path program) throws Exception {
    Process build =
        new ProcessBuilder(
                "env",
                "CGO_ENABLED=0",
                "go",
                "build",
                "-trimpath",
                "-buildvcs=false",
                "-o",
                program.toString(),
                ".")
            .directory(sources.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(build.getInputStream().readAllBytes(), UTF_8);
    assertThat(build.waitFor()).as("go build in %s: %s", sources, output).isZero();
  }
}
