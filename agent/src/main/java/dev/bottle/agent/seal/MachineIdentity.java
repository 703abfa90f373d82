package dev.bottle.agent.seal;

import dev.bottle.agent.host.ProcessTable;
import dev.bottle.agent.smolvm.Cage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who a machine's process is, from {@code /proc/<pid>/status} (proc(5)). smolvm gives each machine
 * a user of its own from 2000000 on, takes every capability and filters system calls (smolvm.md
 * §12.2). The stand-in filters none; its fact says what it has and is never a mismatch, because
 * nobody may take it for a wall.
 */
final class MachineIdentity {
  private static final long FIRST_USER = 2_000_000;
  private static final List<String> CAPABILITIES = List.of("CapInh", "CapPrm", "CapEff", "CapAmb");

  private MachineIdentity() {}

  static String check(ProcessTable processes, SealSubject subject, Cage cage)
      throws IOException, HostFacts.Mismatch {
    Map<String, String> status = new HashMap<>();
    for (String line : processes.lines(subject.process().pid(), "status")) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        status.put(line.substring(0, colon), line.substring(colon + 1).strip());
      }
    }
    List<String> faults = new ArrayList<>();
    String user = same(field(status, "Uid"), "user", faults);
    same(field(status, "Gid"), "group", faults);
    for (String set : CAPABILITIES) {
      String value = field(status, set);
      if (!value.matches("0+")) {
        faults.add(set + " " + value);
      }
    }
    if (!field(status, "NoNewPrivs").equals("1")) {
      faults.add("may gain privileges");
    }
    if (!field(status, "Seccomp").equals("2")) {
      faults.add("no seccomp filter");
    }
    if (cage.standIn()) {
      return "stand-in, no virtual machine: user "
          + user
          + (faults.isEmpty() ? "" : "; " + String.join(", ", faults));
    }
    if (!faults.isEmpty()) {
      throw new HostFacts.Mismatch("the machine's process: " + String.join(", ", faults));
    }
    return "user " + user + ", no capabilities, no new privileges, seccomp filter";
  }

  /** Real, effective, saved and filesystem id must be one, and a machine's. */
  private static String same(String ids, String kind, List<String> faults) throws IOException {
    String[] all = ids.split("\\s+", -1);
    try {
      if (Arrays.stream(all).distinct().count() != 1 || Long.parseLong(all[0]) < FIRST_USER) {
        faults.add(kind + " " + String.join("/", all));
      }
    } catch (NumberFormatException e) {
      throw new IOException("status with the " + kind + " " + ids, e);
    }
    return all[0];
  }

  private static String field(Map<String, String> status, String name) throws IOException {
    String value = status.get(name);
    if (value == null) {
      throw new IOException("status without " + name);
    }
    return value;
  }
}
