package dev.bottle.agent.seal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.host.Pinned;
import dev.bottle.agent.host.ProcessIdentity;
import dev.bottle.agent.host.ProcessTable;
import dev.bottle.agent.smolvm.Cage;
import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.api.ProbeResult.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the host itself says about a machine's process. The guest cannot influence any of it, so a
 * mismatch is a leak, not a doubt.
 */
public final class HostFacts {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BOOT_COMMAND = "_boot-vm";
  private static final int MAX_CONFIG_BYTES = 1 << 20;

  /**
   * What the kernel puts, down and without an address, into each new network namespace when a
   * tunnel's module is loaded (net.core.fb_tunnels_only_for_init_net).
   */
  private static final Set<String> FALLBACKS =
      Set.of(
          "tunl0",
          "gre0",
          "gretap0",
          "erspan0",
          "ip_vti0",
          "ip6_vti0",
          "sit0",
          "ip6tnl0",
          "ip6gre0");

  private static final String OPEN_FILES = "Max open files";

  /** smolvm.md §12.2: virtiofs holds about one for each inode that the guest caches. */
  private static final long DESCRIPTORS = 1 << 20;

  private final ProcessTable processes;

  /** Reads that process table. */
  public HostFacts(ProcessTable processes) {
    this.processes = processes;
  }

  /** Whether facts of this process can still be gathered. */
  boolean isAlive(ProcessIdentity process) {
    return processes.isAlive(process);
  }

  /** The facts that need no knowledge of the machine's cage. */
  public List<ProbeResult> gather(SealSubject subject) {
    return gather(subject, Optional.empty());
  }

  /** Every fact, in a fixed order; without a cage, only those that need none. */
  public List<ProbeResult> gather(SealSubject subject, Optional<Cage> cage) {
    List<ProbeResult> facts = new ArrayList<>();
    facts.add(fact("host-network-namespace", subject, this::networkNamespace));
    facts.add(fact("host-mount-namespace", subject, this::mountNamespace));
    if (cage.isPresent()) {
      Cage known = cage.get();
      facts.add(fact("host-mounts", subject, of -> CagedMounts.check(processes, of, known)));
      facts.add(fact("host-identity", subject, of -> MachineIdentity.check(processes, of, known)));
      facts.add(fact("host-cgroup", subject, of -> MachineCgroup.check(processes, of, known)));
      facts.add(fact("host-descriptors", subject, this::descriptors));
    } else {
      facts.add(fact("host-cgroup", subject, this::cgroup));
    }
    facts.add(fact("host-boot-config", subject, this::bootConfig));
    return List.copyOf(facts);
  }

  private interface Fact {
    /** Returns what holds. Throws {@link Mismatch} when it does not. */
    String check(SealSubject subject) throws IOException, Mismatch;
  }

  /** What the host says is not what must hold. */
  static final class Mismatch extends Exception {
    private static final long serialVersionUID = 1L;

    Mismatch(String what) {
      super(what);
    }
  }

  private ProbeResult fact(String name, SealSubject subject, Fact fact) {
    try {
      String detail = fact.check(subject);
      return processes.isAlive(subject.process())
          ? new ProbeResult(name, Verdict.Sealed, detail)
          : new ProbeResult(name, Verdict.Failed, "the machine's process ended meanwhile");
    } catch (Mismatch e) {
      return processes.isAlive(subject.process())
          ? new ProbeResult(name, Verdict.Leaked, e.getMessage())
          : new ProbeResult(name, Verdict.Failed, "the machine's process ended meanwhile");
    } catch (IOException e) {
      return new ProbeResult(name, Verdict.Failed, e.toString());
    }
  }

  private String networkNamespace(SealSubject subject) throws IOException, Mismatch {
    long pid = subject.process().pid();
    if (processes.namespace(pid, "net").equals(processes.hostNamespace("net"))) {
      throw new Mismatch("the machine's process is in the host's network namespace");
    }
    List<String> interfaces = processes.interfaces(pid);
    if (!interfaces.contains("lo")
        || !interfaces.stream().allMatch(name -> name.equals("lo") || FALLBACKS.contains(name))) {
      throw new Mismatch("the machine's network namespace has " + String.join(", ", interfaces));
    }
    if (interfaces.size() > 1 && !processes.isRouteless(pid)) {
      throw new Mismatch("the machine's network namespace has a route");
    }
    return "own, only " + String.join(", ", interfaces);
  }

  private String mountNamespace(SealSubject subject) throws IOException, Mismatch {
    if (processes
        .namespace(subject.process().pid(), "mnt")
        .equals(processes.hostNamespace("mnt"))) {
      throw new Mismatch("the machine's process is in the host's mount namespace");
    }
    Path own = subject.bottleDirectory();
    Path doors = own.toAbsolutePath().getParent();
    List<String> seen =
        doors == null ? List.of() : processes.seenBy(subject.process().pid(), doors);
    if (!seen.stream().allMatch(name -> name.equals(String.valueOf(own.getFileName())))) {
      throw new Mismatch("the machine's process sees the doors of " + seen);
    }
    return "own, no other Bottle's doors";
  }

  private String cgroup(SealSubject subject) throws IOException, Mismatch {
    String cgroupfs = "pod" + subject.podUid();
    String systemd = "pod" + subject.podUid().replace('-', '_') + ".slice";
    List<String> cgroups = processes.cgroups(subject.process().pid());
    return cgroups.stream()
        .filter(path ->
            Arrays.stream(path.split("/", -1))
                .anyMatch(name -> name.equals(cgroupfs) || name.endsWith(systemd)))
        .findFirst()
        .orElseThrow(() -> new Mismatch("the machine's process is in no cgroup of the Pod"));
  }

  /** Few descriptors let a guest break, but nothing out: said, and no leak. */
  private String descriptors(SealSubject subject) throws IOException {
    for (String line : processes.lines(subject.process().pid(), "limits")) {
      if (line.startsWith(OPEN_FILES)) {
        String hard = line.substring(OPEN_FILES.length()).strip().split(" +", -1)[1];
        return hard.equals("unlimited") || Long.parseLong(hard) >= DESCRIPTORS
            ? hard
            : hard + " instead of " + DESCRIPTORS + ": a guest with many open files may break";
      }
    }
    throw new IOException("limits without " + OPEN_FILES);
  }

  /**
   * The configuration that the process was booted with: smolvm passes its path as the last
   * argument. The real one unlinks it soon after the boot (docs/smolvm-facts.md); then the record,
   * which only root writes, says that there is no network, and the mount namespace holds no door
   * but the Bottle's own (ADR 0023).
   */
  private String bootConfig(SealSubject subject) throws IOException, Mismatch {
    List<String> arguments = processes.arguments(subject.process().pid());
    int command = arguments.indexOf(BOOT_COMMAND);
    if (command < 0 || command + 1 >= arguments.size()) {
      throw new Mismatch("the machine's process is not smolvm's " + BOOT_COMMAND);
    }
    if (!subject.networkless()) {
      throw new Mismatch("the machine's record asks for a network");
    }
    JsonNode config;
    try {
      config = JSON.readTree(bounded(arguments.get(command + 1)));
    } catch (NoSuchFileException e) {
      return "no network by its record; the runtime has removed the boot configuration";
    }
    if (config.path("resources").path("network").asBoolean(true)) {
      throw new Mismatch("the machine was booted with a network");
    }
    Set<String> sockets = new TreeSet<>();
    for (JsonNode socket : config.path("published_sockets")) {
      sockets.add(
          socket.path("direction").asText()
              + " "
              + socket.path("host_path").asText()
              + " "
              + socket.path("guest_path").asText());
    }
    Set<String> doors =
        Arrays.stream(Daemon.values())
            .map(daemon ->
                "mount " + daemon.door(subject.bottleDirectory()) + " " + daemon.guestSocket())
            .collect(Collectors.toUnmodifiableSet());
    if (!sockets.equals(doors)) {
      throw new Mismatch("the machine's sockets are " + sockets + " and not its doors");
    }
    return "no network, " + doors.size() + " doors";
  }

  /** The path is the process' own word: it may name a device or grow without end. */
  private static byte[] bounded(String path) throws IOException {
    try (Pinned file = Pinned.trusted(Path.of(path))) {
      if (!file.facts().isRegularFile()) {
        throw new IOException("the boot configuration is not a regular file");
      }
      try (InputStream in = Files.newInputStream(file.path())) {
        byte[] content = in.readNBytes(MAX_CONFIG_BYTES + 1);
        if (content.length > MAX_CONFIG_BYTES) {
          throw new IOException("the boot configuration is too large");
        }
        return content;
      }
    }
  }
}
