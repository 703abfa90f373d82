package dev.bottle.system.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.Denial;
import dev.bottle.system.adversarial.internet.Hosts;
import dev.bottle.system.endtoend.LocalCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/** What only a guest has: a loopback of its own, a disk, and a root who rewrites it. */
final class GuestRoot {
  private GuestRoot() {}

  /** Cases that change nothing. */
  static List<Case> early(LocalCluster cluster, ClusterBottle bottle) {
    return List.of(
        new Case.Tried(
            10,
            "egress' health port, which answers in the Pod",
            _ -> {
              String pod =
                  cluster
                      .host(
                          "nsenter",
                          "--target",
                          "" + bottle.egress(),
                          "--net",
                          "--",
                          "curl",
                          "-s",
                          "-o",
                          "/dev/null",
                          "-w",
                          "%{http_code}",
                          "http://127.0.0.1:9099/healthz")
                      .output();
              String guest =
                  bottle.sh("curl -s --noproxy '*' http://127.0.0.1:9099/healthz; echo $?");
              return pod + " " + guest.strip();
            },
            Check.silence().and(seen -> assertThat(seen.answer()).isEqualTo("200 7"))),
        new Case.Tried(
            10,
            "sockets in the guest's files: its own doors and no other",
            _ ->
                bottle
                    .rootSh(
                        "perl -MFile::Find -e 'find(sub { $File::Find::prune = 1 if"
                            + " $File::Find::name eq \"/proc\"; print \"$File::Find::name\\n\" if"
                            + " -S }, \"/\")' 2>/dev/null | sort")
                    .strip(),
            Check.silence()
                .and(seen ->
                    assertThat(seen.answer())
                        .isEqualTo("/run/egress.sock\n/run/git-gate.sock\n/run/supervise.sock"))),
        new Case.Tried(
            48,
            "the authority's key, in the guest's files, environments and arguments",
            _ -> keyInTheGuest(bottle),
            Check.silence().and(seen -> assertThat(seen.answer()).isEqualTo("nowhere"))));
  }

  /** Cases after which the guest is not what it was. */
  static List<Case> last(ClusterBottle bottle) {
    String everything =
        """
        echo '%1$s evil.test open.example.org' >> /etc/hosts
        echo 'nameserver %1$s' > /etc/resolv.conf
        rm -f /etc/bottle/* /etc/profile.d/bottle.sh /etc/ssl/certs/ca-certificates.crt
        unset HTTPS_PROXY https_proxy HTTP_PROXY http_proxy ALL_PROXY NO_PROXY no_proxy
        ip link set lo up; ip link add out type dummy; ip addr add 93.184.216.99/24 dev out; ip link set out up
        ip route add default dev out
        """
            .formatted(Hosts.EVIL);
    return List.of(
        new Case.Tried(
            46,
            "root rewrites hosts, resolv.conf, trust, proxies and routes, and goes around the"
                + " proxy",
            _ ->
                bottle.rootSh(
                    "{ "
                        + everything.strip().replace("\n", "; ")
                        + "; } >/dev/null 2>&1; curl -sk --noproxy '*' --max-time 5"
                        + " https://evil.test/; curl -sk --noproxy '*' --max-time 5"
                        + " https://open.example.org/; echo done"),
            Check.silence().and(seen -> assertThat(seen.answer()).isEqualTo("done\n"))),
        new Case.Tried(
            46,
            "and then asks the proxy for `evil.test`, and for its address",
            _ ->
                bottle.rootSh(
                    "for to in evil.test %s; do curl -sk -x http://127.0.0.1:8888 -o /dev/null -w '%%{http_connect} ' https://$to/; done"
                        .formatted(Hosts.EVIL)),
            Check.silence()
                .and(seen -> {
                  assertThat(seen.answer()).isEqualTo("403 403 ");
                  assertThat(seen.denials())
                      .containsExactly(
                          new Denial("egress", "evil.test", 443, Reason.HostNotAllowed.name()),
                          new Denial("egress", Hosts.EVIL, 443, Reason.HostNotAllowed.name()));
                })));
  }

  private static String keyInTheGuest(ClusterBottle bottle) throws Exception {
    Path directory = Path.of("/proc/" + bottle.egress(), "root/run/bottle/egress-ca");
    List<String> key;
    try (var files = Files.list(directory)) {
      Path file = files.filter(each -> each.toString().contains("key")).findFirst().orElseThrow();
      key = Files.readAllLines(file);
    }
    String line = key.get(1);
    assertThat(line).hasSizeGreaterThan(40);
    String seen =
        bottle.rootSh(
            "{ echo marker; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline; find /home /root /etc"
                + " /run /tmp /var/tmp /opt /srv -xdev -type f -exec cat {} +; } 2>/dev/null |"
                + " base64 -w 0");
    String text = new String(Base64.getDecoder().decode(seen.strip()), StandardCharsets.ISO_8859_1);
    assertThat(text).contains("marker", "BEGIN CERTIFICATE");
    return text.contains(line) || text.contains("PRIVATE KEY") ? "in the guest" : "nowhere";
  }
}
