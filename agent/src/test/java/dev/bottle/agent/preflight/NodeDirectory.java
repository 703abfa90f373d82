package dev.bottle.agent.preflight;

import dev.bottle.agent.host.NodePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A node's files in a test's directory: a runtime of one file, the tool, the host's boot. */
final class NodeDirectory {
  final NodePaths paths;
  final Path bootId;

  NodeDirectory(Path base) throws IOException {
    paths = new NodePaths(base.resolve("home"), base.resolve("run"), base.resolve("kubelet"));
    bootId = base.resolve("boot_id");
    Files.createDirectories(paths.home().resolve("bin"));
    Files.createDirectories(paths.runDirectory());
    Files.writeString(paths.program("bottle-tool"), "cage 1");
    runtime("a", "program");
    link("a");
    boot("first");
  }

  RuntimeFiles files() {
    return new RuntimeFiles(paths, bootId);
  }

  void boot(String id) throws IOException {
    Files.writeString(bootId, id + "\n");
  }

  void runtime(String name, String content) throws IOException {
    Path directory = Files.createDirectories(paths.home().resolve("smolvm").resolve(name));
    Files.writeString(directory.resolve("smolvm"), content);
  }

  /** By rename, as an installation does it. */
  void link(String name) throws IOException {
    Path staging = paths.home().resolve("smolvm/.new");
    Files.createSymbolicLink(staging, Path.of(name));
    Files.move(
        staging,
        paths.runtime(),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }
}
