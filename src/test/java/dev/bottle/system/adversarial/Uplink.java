package dev.bottle.system.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.system.endtoend.LocalCluster;
import java.util.ArrayList;
import java.util.List;

/**
 * This machine's side of the link to the {@link Internet}. Everything that one Pod sends, whatever
 * the address, and every name that it asks for end there; what is this machine's own (the API
 * server, the node) stays. So do this machine's packets to the documentation addresses of the
 * hosts: if a machine's monitor had this machine's network, its packets would be seen.
 */
final class Uplink implements AutoCloseable {
  static final String DEVICE = "bottle-sinks";
  static final String HERE = "198.18.0.1"; // RFC 2544: never on the internet
  static final String SINKS = "198.18.0.2";

  private static final String TABLE = "4290";
  private static final String HOSTS = "93.184.216.0/24";

  private final LocalCluster cluster;
  private final List<String[]> undo = new ArrayList<>();

  /** Goes up; the internet must be there. */
  Uplink(LocalCluster cluster) {
    this.cluster = cluster;
    run("ip", "addr", "add", HERE + "/30", "dev", DEVICE);
    run("ip", "link", "set", DEVICE, "up");
    run("ip", "route", "add", HOSTS, "via", SINKS);
    run("ip", "route", "add", "default", "via", SINKS, "table", TABLE);
  }

  /** Takes everything that this Pod sends from now on. */
  void take(String podAddress) {
    rule(podAddress, "add");
    undo.add(new String[] {"ip", "rule", "del", "from", podAddress, "lookup", TABLE});
    for (String protocol : List.of("udp", "tcp")) {
      names(podAddress, protocol, "-I");
      undo.add(names(protocol, podAddress));
    }
    // What the name server of the cluster was asked before goes on for as long as it is tracked.
    cluster.host("conntrack", "-D", "-s", podAddress);
  }

  private void rule(String podAddress, String verb) {
    run("ip", "rule", verb, "pref", "100", "from", podAddress, "lookup", TABLE);
  }

  private void names(String podAddress, String protocol, String verb) {
    String[] delete = names(protocol, podAddress);
    delete[3] = verb;
    run(delete);
  }

  private static String[] names(String protocol, String podAddress) {
    return new String[] {
      "iptables",
      "-t",
      "nat",
      "-D",
      "PREROUTING",
      "-s",
      podAddress,
      "-p",
      protocol,
      "--dport",
      "53",
      "-j",
      "DNAT",
      "--to-destination",
      SINKS
    };
  }

  private void run(String... command) {
    assertThat(cluster.host(command).orThrow()).isNotNull();
  }

  @Override
  public void close() {
    undo.forEach(this::run);
  }
}
