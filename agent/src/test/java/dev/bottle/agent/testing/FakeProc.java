package dev.bottle.agent.testing;

import dev.bottle.agent.host.ProcessIdentity;
import dev.bottle.agent.host.ProcessTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A /proc of files, with the host's own process 1. */
public final class FakeProc {
  private final Path root;

  /** Below that directory. */
  public FakeProc(Path root) {
    this.root = root;
    write("sys/kernel/random/boot_id", "6f9f4e3e-0000-4000-8000-000000000000\n");
    link("1/ns/net", "net:[1]");
    link("1/ns/mnt", "mnt:[1]");
    write(
        "1/net/fib_trie",
        """
        Local:
          +-- 0.0.0.0/0 3 0 5
             |-- 10.0.0.7
                /32 host LOCAL
             |-- 10.244.0.1
                /32 host LOCAL
             |-- 10.0.0.255
                /32 link BROADCAST
             |-- 127.0.0.1
                /32 host LOCAL
        """);
  }

  /** Read as the host's. */
  public ProcessTable table() {
    return new ProcessTable(root, "1");
  }

  /** A caged machine's process, booted with that configuration file. */
  public ProcessIdentity machine(long pid, long startTicks, String pod, Path bootConfig) {
    alive(pid, startTicks);
    link(pid + "/ns/net", "net:[77]");
    link(pid + "/ns/mnt", "mnt:[77]");
    interfaces(pid, "lo");
    write(pid + "/cgroup", "0::/kubepods/burstable/pod" + pod + "/bottle-vm\n");
    arguments(pid, "/proc/self/exe", "_boot-vm", bootConfig.toString());
    return new ProcessIdentity(pid, startTicks);
  }

  /** Only its stat. */
  public ProcessIdentity alive(long pid, long startTicks) {
    stat(pid, "S", startTicks);
    return new ProcessIdentity(pid, startTicks);
  }

  /** Its stat with that state. */
  public void stat(long pid, String state, long startTicks) {
    write(
        pid + "/stat", pid + " (a) S (b) " + state + " 1".repeat(18) + " " + startTicks + " 0 0\n");
  }

  /** The network interfaces that it sees. */
  public void interfaces(long pid, String... names) {
    write(
        pid + "/net/dev",
        "Inter-|   Receive\n face |bytes\n"
            + Stream.of(names).map(name -> "  " + name + ": 0 0\n").collect(Collectors.joining()));
  }

  /** Its arguments. */
  public void arguments(long pid, String... arguments) {
    write(pid + "/cmdline", String.join("\0", List.of(arguments)) + "\0");
  }

  /** One of its namespaces, or any other link. */
  public void link(String path, String target) {
    try {
      Path link = root.resolve(path);
      Files.createDirectories(link.getParent());
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, Path.of(target));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Any file. */
  public void write(String path, String text) {
    try {
      Path file = root.resolve(path);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A directory that it sees. */
  public void sees(long pid, Path directory) {
    try {
      Files.createDirectories(Path.of(root.resolve(pid + "/root") + directory.toString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** It has ended. */
  public void ended(long pid) {
    try (Stream<Path> all = Files.walk(root.resolve(Long.toString(pid)))) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
