package dev.bottle.agent.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The processes of the host, as /proc shows them. */
public final class ProcessTable {
  private static final Pattern LOCAL_ADDRESS =
      Pattern.compile("\\|-- (\\d+\\.\\d+\\.\\d+\\.\\d+)\\s+/32 host LOCAL");

  private final Path proc;
  private final String hostProcess;

  /**
   * Reads below that directory.
   *
   * @param hostProcess a process in the host's namespaces: a pid, or {@code self}
   */
  public ProcessTable(Path proc, String hostProcess) {
    this.proc = proc;
    this.hostProcess = hostProcess;
  }

  /** The process that has this pid now; empty when there is none or it is a zombie. */
  public Optional<ProcessIdentity> find(long pid) {
    try {
      String stat = Files.readString(proc.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
      // The second field is the program's name in parentheses and may itself contain both.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return fields[0].equals("Z") || fields[0].equals("X")
          ? Optional.empty()
          : Optional.of(new ProcessIdentity(pid, Long.parseLong(fields[19])));
    } catch (IOException gone) {
      return Optional.empty();
    }
  }

  /** Whether exactly this process still runs. */
  public boolean isAlive(ProcessIdentity process) {
    return find(process.pid()).filter(process::equals).isPresent();
  }

  /** Kills exactly this process; another one that inherited its pid is left alone. */
  public void kill(ProcessIdentity process) {
    if (isAlive(process)) {
      Signals.send(process.pid(), Signals.KILL);
    }
  }

  /**
   * Names one boot of a machine: derived from the host's boot and the process, so that an agent
   * that restarts finds the same.
   */
  public String bootId(ProcessIdentity process) throws IOException {
    String hostBoot = Files.readString(proc.resolve("sys/kernel/random/boot_id")).strip();
    String seed = hostBoot + " " + process.pid() + " " + process.startTicks();
    return UUID.nameUUIDFromBytes(seed.getBytes(StandardCharsets.UTF_8)).toString();
  }

  /**
   * What a process' namespace of this kind ({@code net}, {@code mnt}) is, e.g. net:[4026531840].
   */
  public String namespace(long pid, String kind) throws IOException {
    return Files.readSymbolicLink(proc.resolve(pid + "/ns/" + kind)).toString();
  }

  /** The host's own namespace of this kind. */
  public String hostNamespace(String kind) throws IOException {
    return Files.readSymbolicLink(proc.resolve(hostProcess + "/ns/" + kind)).toString();
  }

  /** The network interfaces in a process' network namespace. */
  public List<String> interfaces(long pid) throws IOException {
    return Files.readAllLines(proc.resolve(pid + "/net/dev")).stream()
        .skip(2)
        .map(line -> line.substring(0, line.indexOf(':')).strip())
        .sorted()
        .toList();
  }

  /**
   * Whether a process' network namespace knows no way to anywhere: no route but those of its
   * loopback.
   */
  public boolean isRouteless(long pid) throws IOException {
    boolean v4 = Files.readAllLines(proc.resolve(pid + "/net/route")).size() <= 1; // the heading
    Path v6 = proc.resolve(pid + "/net/ipv6_route"); // absent without IPv6
    return v4
        && (!Files.exists(v6)
            || Files.readAllLines(v6).stream()
                .allMatch(line -> line.stripTrailing().endsWith(" lo")));
  }

  /** The names in a directory as a process sees it; none when it does not see the directory. */
  public List<String> seenBy(long pid, Path directory) throws IOException {
    Path seen = Path.of(proc.resolve(pid + "/root") + directory.toAbsolutePath().toString());
    if (!Files.isDirectory(seen)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(seen)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  /** The cgroup paths of a process, one for each hierarchy. */
  public List<String> cgroups(long pid) throws IOException {
    return Files.readAllLines(proc.resolve(pid + "/cgroup")).stream()
        .map(line -> line.split(":", 3))
        .filter(fields -> fields.length == 3)
        .map(fields -> fields[2])
        .toList();
  }

  /** One of the files that describe a process, e.g. {@code status}, as its lines. */
  public List<String> lines(long pid, String file) throws IOException {
    // Paths of the host may hold bytes of any encoding; what is compared is ASCII.
    return Files.readAllLines(proc.resolve(pid + "/" + file), StandardCharsets.ISO_8859_1);
  }

  /** The arguments of a process. */
  public List<String> arguments(long pid) throws IOException {
    byte[] raw = Files.readAllBytes(proc.resolve(pid + "/cmdline"));
    return List.of(new String(raw, StandardCharsets.UTF_8).split("\0", -1));
  }

  /**
   * The IPv4 addresses of the host that are not loopback: the node's own and the gateway of its
   * Pods.
   */
  public List<String> hostAddresses() throws IOException {
    Matcher matcher =
        LOCAL_ADDRESS.matcher(Files.readString(proc.resolve(hostProcess + "/net/fib_trie")));
    return matcher
        .results()
        .map(result -> result.group(1))
        .filter(address -> !address.startsWith("127."))
        .distinct()
        .sorted()
        .toList();
  }
}
