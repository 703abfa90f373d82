package dev.bottle.system.adversarial;

import static dev.bottle.system.adversarial.Attacks.after;
import static dev.bottle.system.adversarial.Attacks.connect;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.Denial;
import dev.bottle.system.adversarial.internet.Hosts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Cases 1 to 11: around the proxy, and through it to where no Bottle may go. */
final class NetworkFloor {
  private static final String PROBES = "SealedBottleIT#readyIsProvenForExactlyThisPodPolicyAndBoot";
  private static final String AROUND = "SealedBottleIT#thereIsNoWayAroundTheProxy";

  /** 35 bytes in Base32. */
  private static final String DATA = "mzxw6ytboi2gk4tbnrsxg2lomruw4zzbonswg4tfoqqgs4zanbsxezi";

  private NetworkFloor() {}

  /** What goes through the proxy. */
  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    cases.add(refused(4, DATA + ".attacker.test", 443, "data in a name that is not allowed"));
    for (String host :
        List.of(
            DATA + ".wild.example.org", "mzxw6ytb.oi2gk4tb.nrsxg2lo.mruw4zzb.wild.example.org")) {
      cases.add(
          new Case.Tried(
              4,
              "data in a name below an allowed `*.`: the name server does not hear of it: `%s`"
                  .formatted(host.replace(DATA, DATA.substring(0, 12) + "…")),
              connect(host + ":443"),
              Check.refused(403, Reason.SecretFound, host, 443)
                  .and(Check.answered(403, "HostLabelEntropy"))));
    }
    cases.add(refused(5, "cloudflare-dns.com", 443, "DNS over HTTPS by name"));
    cases.add(refused(5, "1.1.1.1", 443, "DNS over HTTPS by address"));
    cases.add(refused(5, "1.1.1.1", 853, "DNS over TLS through the proxy"));
    cases.add(refused(7, "[2606:4700:4700::1111]", 443, "an IPv6 literal"));
    Map.of(
            "metadata.google.internal", 80,
            "169.254.169.254", 80,
            "[fd00:ec2::254]", 80,
            "168.63.129.16", 80,
            "100.100.100.200", 80)
        .entrySet()
        .stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(each ->
            cases.add(refused(8, each.getKey(), each.getValue(), "metadata through the proxy")));
    cases.add(refused(9, "kubernetes.default.svc", 443, "the API server by name"));
    cases.add(refused(9, "kubernetes.default.svc.cluster.local", 443, "the API server by name"));
    cases.add(refused(9, "10.96.0.1", 443, "the API server by address"));
    cases.add(refused(9, "10.98.0.1", 10250, "a kubelet"));
    cases.add(refused(9, "10.96.0.10", 53, "the cluster's name server, for a zone transfer"));
    cases.add(refused(10, "127.0.0.1", 9099, "egress' own health port"));
    cases.add(refused(10, "localhost", 9099, "egress' own health port by name"));
    cases.add(refused(10, "100.96.0.1", 9099, "the machine monitor's loopback gateway"));
    return cases;
  }

  /** Allowed names whose addresses no Bottle may reach. */
  static List<Case> addresses() {
    List<Case> cases = new ArrayList<>();
    Hosts.REFUSED.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(host -> address(host.getKey(), host.getValue()))
        .forEach(cases::add);
    return cases;
  }

  /**
   * The same in a Pod of a cluster without IPv6, where such a name has no address at all; and
   * without the node's public address, because the cluster's node has none.
   */
  static List<Case> addressesWithoutSix() {
    List<Case> cases = new ArrayList<>();
    Hosts.REFUSED.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .filter(host -> !host.getValue().equals(Hosts.NODE))
        .map(host ->
            host.getValue().contains(":")
                ? new Case.Tried(
                    numberOf(host.getKey()),
                    "an allowed name whose address is %s, which has none here"
                        .formatted(host.getValue()),
                    connect(host.getKey() + ":443"),
                    Check.silence().and(Check.failed(502, "NameNotResolved")))
                : address(host.getKey(), host.getValue()))
        .forEach(cases::add);
    return cases;
  }

  private static Case address(String host, String address) {
    return new Case.Tried(
        numberOf(host),
        "an allowed name whose address is %s".formatted(address),
        after(connect(host + ":80"), connect(host + ":443")),
        Check.silence()
            .and(Check.answered(403, Reason.AddressRefused.name()))
            .and(seen ->
                assertThat(seen.denials())
                    .extracting(Denial::rule)
                    .containsExactly("PortNotAllowed", "AddressRefused")));
  }

  private static int numberOf(String host) {
    if (host.startsWith("metadata")) {
      return 8;
    }
    if (host.startsWith("only-six")) {
      return 7;
    }
    return host.startsWith("loopback") || host.startsWith("mapped") || host.startsWith("unspec")
        ? 10
        : 9;
  }

  private static Case refused(int number, String host, int port, String tried) {
    return new Case.Tried(
        number,
        "%s: `%s:%d`".formatted(tried, host.replace(DATA, DATA.substring(0, 12) + "…"), port),
        connect(host + ":" + port),
        Check.refused(403, Reason.HostNotAllowed, host, port));
  }

  /** The guest has no network interface but loopback; nothing of that shows without a guest. */
  static List<Case> elsewhere() {
    List<Case> cases = new ArrayList<>();
    cases.add(whole(1, "`curl --noproxy '*'` to a host and to an address", AROUND));
    cases.add(whole(2, "TCP to addresses without the proxy", AROUND, PROBES));
    cases.add(whole(3, "UDP: QUIC, NTP, DNS; TCP 53 and 853", PROBES));
    cases.add(whole(4, "a name server of the guest's choice or its default one", AROUND, PROBES));
    cases.add(whole(6, "ICMP: there is no interface to send it on", PROBES));
    cases.add(whole(7, "IPv6 without the proxy", PROBES));
    cases.add(whole(8, "metadata addresses without the proxy", PROBES));
    cases.add(whole(9, "API server, kubelet and name server without the proxy", PROBES));
    cases.add(
        whole(
            10,
            "egress' health port, which listens in the Pod",
            "SealedBottleIT#theHealthPortListensInThePodAndIsRefusedInTheGuest"));
    cases.add(
        whole(
            11,
            "another Bottle to the guest: there is no interface to come in by",
            PROBES,
            "SealWatchIT#aNetworkInterfaceInTheMachinesNamespaceKillsIt"));
    return cases;
  }

  private static Case whole(int number, String tried, String... tests) {
    return new Case.Elsewhere(number, tried, Level.WHOLE, List.of(tests));
  }
}
