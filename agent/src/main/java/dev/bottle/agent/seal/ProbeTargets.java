package dev.bottle.agent.seal;

import dev.bottle.agent.host.ProcessTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the guest must not reach. Documentation addresses (RFC 5737, RFC 3849) stand for the public
 * internet: a guest with any route out fails differently from one without, whether or not somebody
 * answers, so no real host needs to be bothered (ADR 0022).
 */
public final class ProbeTargets {
  private static final int KUBELET_PORT = 10250;

  private static final int MAX_ADDRESSES = 16;

  private static final Pattern ADDRESS =
      Pattern.compile("[0-9]+(\\.[0-9]+){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

  private static final Pattern NAME_SERVER = Pattern.compile("(?m)^nameserver[ \\t]+(\\S+)");

  private final ProcessTable processes;
  private final List<String> nodeAddresses;
  private final Optional<String> apiServer;
  private final Path resolvConf;

  /**
   * Collects anew at each proof: bridges come and go.
   *
   * @param nodeAddresses as kubelet says, IPv4 or IPv6
   * @param apiServer address:port
   * @param resolvConf whose name servers are probed by UDP
   */
  public ProbeTargets(
      ProcessTable processes,
      List<String> nodeAddresses,
      Optional<String> apiServer,
      Path resolvConf) {
    this.processes = processes;
    this.nodeAddresses = List.copyOf(nodeAddresses);
    this.apiServer = apiServer;
    this.resolvConf = resolvConf;
  }

  /** An address to try, with the probe's name. */
  public record Target(String name, String address) {}

  /** TCP targets, each with a name of its own. */
  public List<Target> tcp() throws IOException {
    List<Target> targets = new ArrayList<>();
    targets.add(new Target("public", "203.0.113.1:443"));
    targets.add(new Target("public-v6", "[2001:db8::1]:443"));
    targets.add(new Target("metadata", "169.254.169.254:80"));
    apiServer.ifPresent(address -> targets.add(new Target("api-server", address)));
    Set<String> addresses = new LinkedHashSet<>(nodeAddresses);
    addresses.addAll(processes.hostAddresses()); // the gateway of the Pods is one of them
    // status.seal.probes holds 64, and kube-proxy's IPVS mode gives a node every Service's address.
    for (String address : addresses.stream().limit(MAX_ADDRESSES).toList()) {
      targets.add(new Target("node-" + address, socketAddress(address, KUBELET_PORT)));
    }
    return targets;
  }

  /** UDP targets: name servers. */
  public List<Target> udp() throws IOException {
    List<Target> targets = new ArrayList<>();
    targets.add(new Target("dns", "203.0.113.53:53"));
    String resolver = Files.exists(resolvConf) ? Files.readString(resolvConf) : "";
    NAME_SERVER
        .matcher(resolver)
        .results()
        .map(found -> found.group(1))
        // The guest has a loopback of its own, and what is no address cannot be tried.
        .filter(address -> ADDRESS.matcher(address).matches())
        .filter(address -> !address.startsWith("127.") && !address.equals("::1"))
        .limit(MAX_ADDRESSES)
        .forEach(address -> targets.add(new Target("dns-" + address, socketAddress(address, 53))));
    return targets.stream().distinct().toList();
  }

  private static String socketAddress(String address, int port) {
    return address.contains(":") ? "[" + address + "]:" + port : address + ":" + port;
  }
}
