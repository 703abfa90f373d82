package dev.bottle.system.adversarial;

import dev.bottle.crd.policy.AuthType;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.Inspection;
import dev.bottle.crd.policy.OnMatch;
import dev.bottle.crd.policy.ResponsePolicy;
import dev.bottle.crd.policy.RouteAuth;
import dev.bottle.crd.policy.RoutePolicy;
import dev.bottle.crd.policy.TokenSlot;
import dev.bottle.system.adversarial.internet.Hosts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the Bottle's author allowed, and what the Bottle must keep. */
final class Policies {
  /** A host with a credential for {@code /v1}, and nothing else. */
  static final String ROUTED = "origin.example.org";

  /** A host that is allowed without one. */
  static final String OPEN = "open.example.org";

  /** A host with a credential to which a WebSocket may be opened. */
  static final String SOCKET = "socket.example.org";

  /** A host whose Secret is missing. */
  static final String EMPTY = "empty.example.org";

  /** A host with a credential that a later policy does not name. */
  static final String REMOVED = "removed.example.org";

  /** Hosts with a credential that cannot be reached as they should. */
  static final List<String> BROKEN =
      List.of("wrong-name.example.org", "untrusted.example.org", "closed.example.org");

  /** The harness's own. */
  static final String BARRIER = "barrier.example.org";

  static final String TOKEN = "sk-real-Zk3vQ9xT1mB7wR5yL2nC8dF4";
  static final String CANARY = "btl_canary_" + "q7Zk2Lw9Xv4Tn8Rb1Yd6Hc3Mf5Gs0JpA";

  /** Somebody's key, by its format. */
  static final String FOREIGN = "dop" + "_v1_" + "0123456789abcdef".repeat(4);

  static final Map<String, String> TOKENS = Map.of("EGRESS_TOKEN_0", TOKEN);

  /** Of the same Secret's name and key, in another namespace. */
  static final String OTHER_TOKEN = "sk-other-Hw6pV3sJ8dN1xK5tM0gZ7cB2";

  private static final List<String> ALLOWED =
      List.of(OPEN, BARRIER, "*.wild.example.org", Hosts.REBINDING, Hosts.ALIAS);

  /** Names that say nothing new to a name server. */
  static final Set<String> SPELLED_OUT = spelledOut();

  private Policies() {}

  private static Set<String> spelledOut() {
    Set<String> names = new HashSet<>(ALLOWED);
    names.addAll(Hosts.REFUSED.keySet());
    names.addAll(BROKEN);
    names.addAll(List.of(ROUTED, SOCKET, EMPTY, REMOVED));
    return Set.copyOf(names);
  }

  /** The policy of nearly all cases. */
  static EgressPolicy standard(String authorities) {
    return policy(authorities, true);
  }

  /** Without the route to {@link #REMOVED}. */
  static EgressPolicy reduced(String authorities) {
    return policy(authorities, false);
  }

  /** Of an egress that has a pipelock behind it. */
  static EgressPolicy withPipelock(String authorities) {
    EgressPolicy policy = standard(authorities);
    return new EgressPolicy(
        policy.allow(),
        policy.privateDestinations(),
        policy.refusedAddresses(),
        authorities,
        policy.routes(),
        policy.slots(),
        Inspection.Pipelock,
        policy.responses(),
        policy.canary());
  }

  private static EgressPolicy policy(String authorities, boolean whole) {
    List<String> allow = new ArrayList<>(ALLOWED);
    allow.addAll(Hosts.REFUSED.keySet().stream().sorted().toList());
    List<RoutePolicy> routes = new ArrayList<>();
    routes.add(route(ROUTED, List.of("/v1"), false, "EGRESS_TOKEN_0"));
    routes.add(route(SOCKET, List.of(), true, "EGRESS_TOKEN_0"));
    routes.add(route(EMPTY, List.of(), false, "EGRESS_TOKEN_1"));
    BROKEN.forEach(host -> routes.add(route(host, List.of(), false, "EGRESS_TOKEN_0")));
    if (whole) {
      routes.add(route(REMOVED, List.of(), false, "EGRESS_TOKEN_0"));
    }
    return new EgressPolicy(
        allow,
        List.of(),
        List.of(Hosts.NODE),
        authorities,
        routes,
        List.of(
            new TokenSlot("EGRESS_TOKEN_0", "forge", "token"),
            new TokenSlot("EGRESS_TOKEN_1", "absent", "token")),
        Inspection.Builtin,
        ResponsePolicy.DEFAULT,
        CANARY);
  }

  private static RoutePolicy route(
      String host, List<String> paths, boolean webSocket, String slot) {
    return new RoutePolicy(
        host,
        paths,
        List.of(),
        webSocket,
        OnMatch.Block,
        new RouteAuth(AuthType.Bearer, null, null, slot));
  }

  /** The same as {@code spec.egress} of a Bottle whose namespace has the Secret {@code forge}. */
  static String yaml() {
    EgressPolicy policy = standard("");
    StringBuilder yaml = new StringBuilder("allow:\n");
    policy.allow().forEach(host -> yaml.append("- '" + host + "'\n"));
    yaml.append("routes:\n");
    for (RoutePolicy route : policy.routes()) {
      TokenSlot slot =
          policy.slots().stream()
              .filter(each -> each.name().equals(route.auth().slot()))
              .findFirst()
              .orElseThrow();
      yaml.append("- host: " + route.host() + "\n  webSocket: " + route.webSocket() + "\n");
      if (!route.paths().isEmpty()) {
        yaml.append("  paths: " + route.paths() + "\n");
      }
      yaml.append(
          "  auth: {type: Bearer, secretKeyRef: {name: %s, key: %s}}\n"
              .formatted(slot.secret(), slot.key()));
    }
    return yaml.toString();
  }
}
