package dev.bottle.system.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A network namespace whose loopback has one public address, the origin's: egress dials port 443 of
 * public addresses and nothing else. Needs root, or user namespaces.
 */
final class Namespace {
  /** The origin's address. */
  static final String ORIGIN = "93.184.216.34";

  private static final boolean ROOT = System.getProperty("user.name").equals("root");

  private static final String SETUP =
      """
      ip link set lo up
      ip addr add "$1/32" dev lo
      mount --bind "$2" /etc/resolv.conf
      shift 2
      exec "$@"
      """;

  private Namespace() {}

  /**
   * This command, in a new namespace whose name server is 127.0.0.1.
   *
   * @param directory for the file that says so
   */
  static List<String> around(Path directory, List<String> command) throws IOException {
    Path resolvConf = directory.resolve("resolv.conf");
    Files.writeString(resolvConf, "nameserver 127.0.0.1\n");
    List<String> whole = new ArrayList<>(List.of("unshare", "--net", "--mount"));
    if (!ROOT) {
      whole.addAll(List.of("--user", "--map-root-user"));
    }
    whole.addAll(List.of("sh", "-ec", SETUP, "sh", ORIGIN, resolvConf.toString()));
    whole.addAll(command);
    return whole;
  }
}
