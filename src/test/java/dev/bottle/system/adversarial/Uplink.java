package dev.bottle.system.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.system.endtoend.LocalCluster;
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

  /** Takes away what this or an earlier run that was killed left; routes go with the link. */
  private static final String UNDO =
      """
      while ip rule del lookup %1$s 2>/dev/null; do :; done
      iptables -t nat -S PREROUTING | grep -e '--to-destination %2$s$' | sed 's/^-A/-D/' |
        while read -r rule; do iptables -t nat $rule; done
      """
          .formatted(TABLE, SINKS);

  private final LocalCluster cluster;

  /** Goes up; the internet must be there. */
  Uplink(LocalCluster cluster) {
    this.cluster = cluster;
    run("sh", "-c", UNDO);
    run("ip", "addr", "add", HERE + "/30", "dev", DEVICE);
    run("ip", "link", "set", DEVICE, "up");
    run("ip", "route", "add", HOSTS, "via", SINKS);
    run("ip", "route", "add", "default", "via", SINKS, "table", TABLE);
  }

  /** Takes everything that this Pod sends from now on. */
  void take(String podAddress) {
    run("ip", "rule", "add", "pref", "100", "from", podAddress, "lookup", TABLE);
    for (String protocol : List.of("udp", "tcp")) {
      run(
          "iptables",
          "-t",
          "nat",
          "-I",
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
          SINKS);
    }
    // What the name server of the cluster was asked before goes on for as long as it is tracked.
    cluster.host("conntrack", "-D", "-s", podAddress);
  }

  private void run(String... command) {
    assertThat(cluster.host(command).orThrow()).isNotNull();
  }

  @Override
  public void close() {
    run("sh", "-c", UNDO);
  }
}
