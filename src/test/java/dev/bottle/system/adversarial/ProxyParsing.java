package dev.bottle.system.adversarial;

import static dev.bottle.system.adversarial.Attacks.after;
import static dev.bottle.system.adversarial.Attacks.connect;
import static dev.bottle.system.adversarial.Attacks.door;
import static dev.bottle.system.adversarial.Attacks.front;
import static dev.bottle.system.adversarial.Attacks.get;
import static dev.bottle.system.adversarial.Attacks.inside;
import static dev.bottle.system.adversarial.Attacks.raw;
import static dev.bottle.system.adversarial.Policies.OPEN;
import static dev.bottle.system.adversarial.Policies.ROUTED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.condition.Reason;
import dev.bottle.system.adversarial.internet.Hosts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Cases 12 to 22: who may be connected to, and as whom. */
final class ProxyParsing {
  private static final String HELLO =
      "\u0016\u0003\u0001\u0000\u0005\u0001\u0000\u0000\u0001\n\r\n";

  private ProxyParsing() {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    cases.add(notAllowed(12, "evil.test"));
    cases.add(
        new Case.Tried(
            13,
            "`CONNECT 93.184.216.34:443` with the `Host` of an allowed name",
            door("CONNECT 93.184.216.34:443 HTTP/1.1\r\nHost: " + OPEN + "\r\n\r\n"),
            Check.refused(403, Reason.HostNotAllowed, "93.184.216.34", 443)));
    for (String address :
        List.of(
            "2130706433",
            "0177.0.0.1",
            "0x7f.1",
            "0x7f000001",
            "127.1",
            "[::ffff:127.0.0.1]",
            "[::1]",
            "[::1%25eth0]")) {
      cases.add(notAllowed(14, address));
    }
    for (int port : new int[] {22, 25, 53, 80, 6379, 8443}) {
      cases.add(
          new Case.Tried(
              15,
              "an allowed host, port " + port,
              connect(OPEN + ":" + port),
              Check.refused(403, Reason.PortNotAllowed, OPEN, port)));
    }
    fronting(cases);
    names(cases);
    cases.add(
        new Case.Tried(
            21,
            "an allowed name that turns private between CONNECT and request",
            inside(Hosts.REBINDING, get(Hosts.REBINDING, "/")),
            Check.refused(403, Reason.AddressRefused, Hosts.REBINDING, 443)));
    cases.add(
        new Case.Tried(
            21,
            "an allowed name that is an alias of `kubernetes.default.svc.cluster.local`",
            connect(Hosts.ALIAS + ":443"),
            Check.told(Reason.AddressRefused, Hosts.ALIAS, 443)
                .and(Check.answered(403, Reason.AddressRefused.name()))
                .and(seen -> assertThat(seen.dialled()).isEmpty())));
    cases.add(redirected("denied", connect("evil.test:443"), Reason.HostNotAllowed, 403));
    cases.add(
        redirected(
            "plain",
            door("GET http://open.example.org/landing HTTP/1.1\r\nHost: open.example.org\r\n\r\n"),
            Reason.RequestMalformed,
            405));
    return cases;
  }

  private static void fronting(List<Case> cases) {
    cases.add(
        new Case.Tried(
            16,
            "CONNECT to an allowed host, server name `evil.test`",
            front(OPEN, "evil.test"),
            Check.ended(Reason.HostMismatch, "evil.test")));
    cases.add(
        new Case.Tried(
            16,
            "CONNECT to an allowed host, server name of another allowed host",
            front(OPEN, ROUTED),
            Check.ended(Reason.HostMismatch, ROUTED)));
    for (String host :
        List.of("evil.test", ROUTED, OPEN + ".", OPEN + ":80", OPEN + "@evil.test")) {
      cases.add(
          new Case.Tried(
              17,
              "in a tunnel to an allowed host: `Host: " + host + "`",
              inside(OPEN, get(OPEN, "/").replace("Host: " + OPEN, "Host: " + host)),
              Check.refused(421, Reason.HostMismatch, host, 443)));
    }
    cases.add(malformed(17, "absolute form, of another host", get(OPEN, "https://evil.test/")));
    cases.add(malformed(17, "HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    cases.add(
        new Case.Tried(
            18, "no server name", front(OPEN, null), Check.ended(Reason.HostMismatch, OPEN)));
    cases.add(
        new Case.Tried(
            18,
            "a cover name as Encrypted Client Hello sends it",
            front(OPEN, "cover.test"),
            Check.ended(Reason.HostMismatch, "cover.test")));
    cases.add(malformed(18, "TLS inside TLS", HELLO));
    cases.add(
        malformed(18, "TLS inside TLS, and no line feed", HELLO.split("\n", -1)[0] + "\u00fc"));
    cases.add(malformed(18, "SSH inside TLS", "SSH-2.0-OpenSSH_9.9\r\n\r\n"));
    cases.add(
        new Case.Tried(
            18,
            "SSH where TLS should begin",
            raw(OPEN, "SSH-2.0-OpenSSH_9.9\r\n"),
            Check.ended(Reason.RequestMalformed, OPEN)));
    cases.add(
        new Case.Tried(
            18,
            "HTTP where TLS should begin",
            raw(OPEN, get(OPEN, "/")),
            Check.ended(Reason.RequestMalformed, OPEN)));
  }

  private static void names(List<Case> cases) {
    for (String host :
        List.of(
            OPEN + ".evil.test",
            "evil-" + OPEN,
            OPEN + ".",
            "xn--pen-emc.example.org",
            OPEN + "%00.evil.test",
            OPEN + "@evil.test",
            "evil.test:443@" + OPEN,
            "_" + OPEN)) {
      cases.add(notAllowed(19, host));
    }
    for (String host :
        List.of(
            OPEN + "\tevil.test",
            OPEN + "\u0000.evil.test",
            OPEN + "\r.evil.test",
            OPEN + "\n.evil.test",
            OPEN + "\r\nHost: evil.test\r\n",
            "\u00d0\u00bepen.example.org")) {
      cases.add(
          new Case.Tried(
              19,
              "`CONNECT %s`".formatted(visible(host)),
              door("CONNECT " + host + ":443 HTTP/1.1\r\nHost: " + OPEN + "\r\n\r\n"),
              Check.refused(400, Reason.RequestMalformed)));
    }
    cases.add(
        new Case.Tried(
            19,
            "an allowed name in upper case is that name and no other",
            scene -> {
              try (Guest guest = scene.bottle().guest()) {
                guest.connect(OPEN.toUpperCase(Locale.ROOT) + ":443");
                return guest.handshake(OPEN).send(get(OPEN, "/")).rest();
              }
            },
            Check.arrives("host: " + OPEN)));
    for (String host : List.of("wild.example.org", "evilwild.example.org", "*.wild.example.org")) {
      cases.add(notAllowed(20, host));
    }
    cases.add(
        new Case.Tried(
            20,
            "`a.b.wild.example.org` is below `*.wild.example.org`, at any depth, as documented",
            inside("a.b.wild.example.org", get("a.b.wild.example.org", "/")),
            Check.arrives("host: a.b.wild.example.org")));
  }

  private static Case notAllowed(int number, String host) {
    return new Case.Tried(
        number,
        "`CONNECT %s:443`".formatted(host),
        connect(host + ":443"),
        Check.refused(403, Reason.HostNotAllowed, host, 443));
  }

  private static Case malformed(int number, String tried, String request) {
    return new Case.Tried(
        number,
        "in a tunnel to an allowed host: " + tried,
        inside(OPEN, request),
        Check.refused(400, Reason.RequestMalformed, OPEN, 443));
  }

  private static Case redirected(String where, Attack follow, Reason reason, int status) {
    return new Case.Tried(
        22,
        "an allowed host redirects to " + (where.equals("denied") ? "a denied one" : "plain HTTP"),
        after(inside(ROUTED, get(ROUTED, "/v1/redirect/" + where)), follow),
        Check.told(reason)
            .and(Check.answered(status, reason.name()))
            .and(seen -> {
              assertThat(seen.dialled()).containsOnly(Hosts.ORIGIN + ":443");
              assertThat(seen.arrived()).doesNotContain("landing");
            }));
  }

  private static String visible(String text) {
    return text.replace("\u0000", "\\0")
        .replace("\r", "\\r")
        .replace("\n", "\\n")
        .replace("\t", "\\t")
        .replace("\u00d0\u00be", "\u043e");
  }
}
