package dev.bottle.system.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The processes of this machine, which is the node, by their arguments. */
public final class NodeProcesses {
  private static final Path PROC = Path.of("/proc");

  /** A process and its arguments. */
  public record Found(long pid, List<String> arguments) {
    boolean isAlive() {
      return NodeProcesses.arguments(pid).equals(arguments);
    }
  }

  private NodeProcesses() {}

  /** Machines: the monitor of each, whose configuration lies below the agent's data directory. */
  public static List<Found> machines() {
    return withArguments(arguments ->
        arguments.size() > 2
            && arguments.get(1).equals("_boot-vm")
            && arguments.get(2).startsWith("/var/lib/bottle/machines/"));
  }

  /** Processes with this argument. */
  public static List<Found> with(String argument) {
    return withArguments(arguments -> arguments.contains(argument));
  }

  /** The node agent's Java process. */
  static List<Found> agents() {
    return with("dev.bottle.agent.AgentMain");
  }

  /** Egress' Java process of this Pod. */
  static List<Found> egresses(String podUID) {
    return with("dev.bottle.bundle.egress.EgressMain").stream()
        .filter(found -> cgroup(found.pid()).contains(podUID))
        .toList();
  }

  /** Supervise's Java process of this Pod. */
  static List<Found> supervises(String podUID) {
    return with("dev.bottle.bundle.supervise.SuperviseMain").stream()
        .filter(found -> cgroup(found.pid()).contains(podUID))
        .toList();
  }

  /** Pipelock of this Pod. */
  static List<Found> pipelocks(String podUID) {
    return withArguments(
            arguments -> arguments.size() > 1 && arguments.getFirst().equals("/pipelock"))
        .stream()
        .filter(found -> cgroup(found.pid()).contains(podUID))
        .toList();
  }

  /** As the cgroupfs driver writes it; systemd's has an underscore for each hyphen. */
  private static String cgroup(long pid) {
    try {
      return Files.readString(PROC.resolve(Long.toString(pid)).resolve("cgroup")).replace('_', '-');
    } catch (IOException gone) {
      return "";
    }
  }

  private interface Selection {
    boolean test(List<String> arguments);
  }

  private static List<Found> withArguments(Selection selection) {
    List<Found> found = new ArrayList<>();
    try (Stream<Path> entries = Files.list(PROC)) {
      entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> name.chars().allMatch(Character::isDigit))
          .mapToLong(Long::parseLong)
          .forEach(pid -> {
            List<String> arguments = arguments(pid);
            if (selection.test(arguments)) {
              found.add(new Found(pid, arguments));
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  /** Empty for a process that is gone, or a zombie. */
  private static List<String> arguments(long pid) {
    try {
      byte[] raw = Files.readAllBytes(PROC.resolve(Long.toString(pid)).resolve("cmdline"));
      String text = new String(raw, StandardCharsets.UTF_8);
      return text.isEmpty() ? List.of() : Arrays.asList(text.split("\0", -1));
    } catch (IOException gone) {
      return List.of();
    }
  }
}
