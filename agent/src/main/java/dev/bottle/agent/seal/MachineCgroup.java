package dev.bottle.agent.seal;

import dev.bottle.agent.host.ProcessTable;
import dev.bottle.agent.smolvm.Cage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Where a machine's process is accounted ({@code /proc/<pid>/cgroup}, cgroups(7)): in every tree
 * that accounts, which is one with cgroup v2 and one per controller with v1, below its Pod.
 */
final class MachineCgroup {
  /** What the tool calls the parent of cgroups that are a machine's own. */
  private static final String OWN = "/bottle-own/";

  private static final Set<String> ACCOUNTING = Set.of("memory", "cpu", "cpuacct", "pids");

  private MachineCgroup() {}

  static String check(ProcessTable processes, SealSubject subject, Cage cage)
      throws IOException, HostFacts.Mismatch {
    List<String> paths = accounting(processes.lines(subject.process().pid(), "cgroup"));
    if (paths.isEmpty()) {
      throw new HostFacts.Mismatch("the machine's process is in no cgroup that accounts for it");
    }
    Set<String> own = new LinkedHashSet<>();
    for (String path : paths) {
      if (path.endsWith(OWN + subject.podUid())) {
        own.add(path);
      } else if (!isBelowPod(path, subject.podUid())) {
        throw new HostFacts.Mismatch(
            "the machine's process is in the cgroup " + path + " and not in the Pod's");
      }
    }
    if (own.isEmpty()) {
      return paths.getFirst();
    }
    return switch (cage.cgroup()) {
      case POD ->
          throw new HostFacts.Mismatch(
              "the machine's process is in a cgroup of its own and not in the Pod's");
      case POD_OR_OWN -> "of its own, not the Pod's: " + own.iterator().next();
    };
  }

  /** The paths in the trees that account; with v1 trees the v2 one holds no controller. */
  private static List<String> accounting(List<String> lines) {
    List<String> divided = new ArrayList<>();
    List<String> unified = new ArrayList<>();
    for (String line : lines) {
      String[] fields = line.split(":", 3);
      if (fields.length != 3) {
        continue;
      }
      if (fields[1].isEmpty()) {
        unified.add(fields[2]);
      } else if (Arrays.stream(fields[1].split(",", -1)).anyMatch(ACCOUNTING::contains)) {
        divided.add(fields[2]);
      }
    }
    return divided.isEmpty() ? unified : divided;
  }

  private static boolean isBelowPod(String path, String podUid) {
    String cgroupfs = "pod" + podUid;
    String systemd = "-pod" + podUid.replace('-', '_') + ".slice";
    return Arrays.stream(path.split("/", -1))
        .anyMatch(name -> name.equals(cgroupfs) || name.endsWith(systemd));
  }
}
