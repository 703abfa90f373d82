package dev.bottle.system.adversarial;

import static dev.bottle.system.adversarial.Attacks.door;
import static dev.bottle.system.adversarial.Attacks.get;
import static dev.bottle.system.adversarial.Attacks.inside;
import static dev.bottle.system.adversarial.Policies.OPEN;
import static dev.bottle.system.adversarial.Policies.ROUTED;
import static dev.bottle.system.adversarial.Policies.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.Denial;
import java.util.ArrayList;
import java.util.List;

/** Cases 23 to 28 but 27: what is said in a tunnel, and on the door. */
@SuppressWarnings("StringConcatToTextBlock") // line ends are what is tried
final class RequestParsing {
  private static final String POST = "POST / HTTP/1.1\r\nHost: " + OPEN + "\r\n";
  private static final String GET = "GET / HTTP/1.1\r\nHost: " + OPEN + "\r\n";

  private RequestParsing() {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    smuggling(cases);
    paths(cases);
    upgrades(cases);
    door(cases);
    return cases;
  }

  private static void smuggling(List<Case> cases) {
    String chunks = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: evil.test\r\n\r\n";
    cases.add(
        malformed(
            "Content-Length and Transfer-Encoding",
            POST + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks));
    cases.add(malformed("`Transfer-Encoding: xchunked`", coding("Transfer-Encoding: xchunked")));
    cases.add(malformed("`Transfer-Encoding : chunked`", coding("Transfer-Encoding : chunked")));
    cases.add(
        malformed(
            "`Transfer-Encoding: gzip, chunked`", coding("Transfer-Encoding: gzip, chunked")));
    cases.add(
        malformed("two lengths", POST + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"));
    cases.add(malformed("`Content-Length: +4`", POST + "Content-Length: +4\r\n\r\nabcd"));
    cases.add(malformed("a bare LF", GET + "X: y\n\r\n"));
    cases.add(malformed("a bare CR", GET + "X: a\rb\r\n\r\n"));
    cases.add(malformed("NUL in a value", GET + "X: a\u0000b\r\n\r\n"));
    cases.add(malformed("a space in a header's name", GET + "X y: z\r\n\r\n"));
    cases.add(malformed("a folded header line", GET + "X-Folded: a\r\n b\r\n\r\n"));
    cases.add(malformed("two Hosts", GET + "Host: evil.test\r\n\r\n"));
    cases.add(malformed("no Host", "GET / HTTP/1.1\r\n\r\n"));
    cases.add(malformed("HTTP/1.0", "GET / HTTP/1.0\r\nHost: " + OPEN + "\r\n\r\n"));
    cases.add(
        new Case.Tried(
            23,
            "a head of 70 KB",
            inside(OPEN, GET, ("X-Filler: " + "x".repeat(8000) + "\r\n").repeat(9)),
            Check.refused(431, Reason.RequestMalformed, OPEN, 443)));
    cases.add(
        new Case.Tried(
            23,
            "a second request to another Host right behind the first",
            inside(OPEN, GET + "\r\n" + get("evil.test", "/smuggled")),
            Check.told(Reason.HostMismatch, "evil.test", 443)
                .and(Check.answered(421, "HostMismatch"))
                .and(seen -> assertThat(seen.arrived()).doesNotContain("evil.test", "smuggled"))));
    cases.add(
        new Case.Elsewhere(
            23,
            "every other head and framing of the corpus",
            Level.UNIT,
            List.of(
                "ExchangeTest#anAmbiguousRequestIsRefusedReportedAndNotSent",
                "ExchangeTest#chunksAreReframedAndTrailersEndHere")));
  }

  private static String coding(String header) {
    return POST + header + "\r\n\r\n0\r\n\r\n";
  }

  private static Case malformed(String tried, String request) {
    return new Case.Tried(
        23, tried, inside(OPEN, request), Check.refused(400, Reason.RequestMalformed, OPEN, 443));
  }

  private static void paths(List<Case> cases) {
    for (String path :
        List.of(
            "/v1/../admin",
            "/v1/%2e%2e/admin",
            "//v1/admin",
            "/v1//admin",
            "/v1\\..\\admin",
            "/v1;/../admin",
            "/v1/..;/admin",
            "/v1/..%2fadmin",
            "/v1%2fadmin",
            "/v1/%252e%252e/admin",
            "/%76%31/admin",
            "/v1/%00")) {
      cases.add(
          new Case.Tried(
              24,
              "a route for `/v1`: `" + path + "`",
              inside(ROUTED, get(ROUTED, path)),
              Check.refused(400, Reason.RequestMalformed, ROUTED, 443)));
    }
    for (String path : List.of("/admin", "/v10", "/V1", "/?/v1/")) {
      cases.add(
          new Case.Tried(
              24,
              "a route for `/v1`: `" + path + "`",
              inside(ROUTED, get(ROUTED, path)),
              Check.refused(403, Reason.RequestNotAllowed, ROUTED, 443)));
    }
    for (String header :
        List.of(
            "X-HTTP-Method-Override: DELETE", "X-Original-URL: /admin", "X-Rewrite-URL: /admin")) {
      cases.add(
          new Case.Tried(
              24,
              "a route for `/v1`: `" + header + "`",
              inside(ROUTED, get(ROUTED, "/v1/x", header)),
              Check.refused(400, Reason.RequestMalformed, ROUTED, 443)));
    }
    cases.add(
        new Case.Tried(
            24,
            "a method in lower case",
            inside(ROUTED, get(ROUTED, "/v1/x").replace("GET ", "delete ")),
            Check.refused(400, Reason.RequestMalformed, ROUTED, 443)));
    cases.add(
        new Case.Elsewhere(
            24,
            "every other target of the corpus",
            Level.UNIT,
            List.of(
                "RequestTargetTest#whatIsAmbiguousDoesNot",
                "RouteTest#aPathThatMayBeReadAsAnotherIsRefused")));
  }

  private static void upgrades(List<Case> cases) {
    for (String method : List.of("TRACE", "TRACK")) {
      cases.add(
          new Case.Tried(
              25,
              method,
              inside(OPEN, get(OPEN, "/").replace("GET ", method + " ")),
              Check.refused(400, Reason.RequestMalformed, OPEN, 443)));
    }
    cases.add(
        new Case.Tried(
            25,
            "CONNECT inside a tunnel",
            inside(OPEN, "CONNECT evil.test:443 HTTP/1.1\r\nHost: " + OPEN + "\r\n\r\n"),
            Check.refused(400, Reason.RequestMalformed, OPEN, 443)));
    cases.add(
        new Case.Tried(
            25,
            "`Upgrade: h2c` does not reach the origin",
            inside(
                OPEN,
                get(OPEN, "/", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA")
                    .replace("Connection: close", "Connection: close, Upgrade, HTTP2-Settings")),
            Check.arrives("GET / HTTP/1.1", "h2c", "HTTP2-Settings")));
    for (String host : List.of(OPEN, ROUTED)) {
      cases.add(
          new Case.Tried(
              25,
              "a WebSocket to `%s`, whose policy has none".formatted(host),
              inside(host, Attacks.webSocket(host)),
              Check.refused(403, Reason.RequestNotAllowed, host, 443)));
    }
  }

  private static void door(List<Case> cases) {
    cases.add(plain(26, "GET http://" + ROUTED + "/v1/x HTTP/1.1", ROUTED));
    cases.add(plain(26, "POST https://" + ROUTED + "/v1/x HTTP/1.1", ROUTED));
    for (String path :
        List.of(
            "/",
            "/healthz",
            "/metrics",
            "/stats",
            "/fetch?url=https://evil.test/",
            "/ws?url=wss://evil.test/",
            "/?agent=other")) {
      cases.add(plain(28, "GET " + path + " HTTP/1.1", "127.0.0.1:8888"));
    }
    cases.add(
        new Case.Tried(
            28,
            "proxy authentication, `X-Pipelock-Agent` and `X-Forwarded-Host` change nothing",
            Attacks.door(
                "CONNECT evil.test:443 HTTP/1.1\r\nHost: "
                    + OPEN
                    + "\r\nProxy-Authorization: Basic YWRtaW46YWRtaW4=\r\n"
                    + "X-Pipelock-Agent: admin\r\nX-Forwarded-Host: "
                    + OPEN
                    + "\r\n\r\n"),
            Check.refused(403, Reason.HostNotAllowed, "evil.test", 443)));
  }

  private static Case plain(int number, String line, String host) {
    return new Case.Tried(
        number,
        "on the door: `%s`".formatted(line.replace(" HTTP/1.1", "")),
        Attacks.door(line + "\r\nHost: " + host + "\r\nContent-Length: 0\r\n\r\n"),
        Check.silence()
            .and(Check.answered(405, "OnlyConnect"))
            .and(seen ->
                assertThat(seen.denials())
                    .extracting(Denial::rule)
                    .containsExactly(Reason.RequestMalformed.name()))
            .and(seen -> assertThat(seen.answer()).doesNotContain(TOKEN)));
  }
}
