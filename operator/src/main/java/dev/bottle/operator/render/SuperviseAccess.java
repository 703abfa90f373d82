package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** How the agent of a supervised Bottle reaches supervise, of which it asks for permissions. */
final class SuperviseAccess {
  /** The name that tools carry: {@code mcp__bottle__request_egress}. */
  private static final String SERVER = "bottle";

  /** Where the guest's relay listens; docs/contracts.md. */
  private static final String HOST = "127.0.0.1";

  private static final String URL = "http://" + HOST + ":9100/mcp";
  private static final List<String> NO_PROXY = List.of("NO_PROXY", "no_proxy");

  private SuperviseAccess() {}

  /** The MCP servers of the guest; none without {@code spec.supervise.enabled}. */
  static Map<String, String> servers(Bottle bottle) {
    return Supervision.isOn(bottle) ? Map.of(SERVER, URL) : Map.of();
  }

  /** Keeps the proxy out of the way, also where the Bottle's author set NO_PROXY. */
  static void addTo(Map<String, String> environment, Bottle bottle) {
    if (!Supervision.isOn(bottle)) {
      return;
    }
    for (String name : NO_PROXY) {
      environment.merge(
          name, HOST, (hosts, host) -> names(hosts, host) ? hosts : hosts + "," + host);
    }
  }

  private static boolean names(String hosts, String host) {
    return Arrays.stream(hosts.split(",")).map(String::strip).anyMatch(host::equals);
  }
}
