package dev.bottle.system.adversarial;

import static dev.bottle.system.adversarial.Attacks.after;
import static dev.bottle.system.adversarial.Attacks.connect;
import static dev.bottle.system.adversarial.Attacks.get;
import static dev.bottle.system.adversarial.Attacks.inside;
import static dev.bottle.system.adversarial.Policies.EMPTY;
import static dev.bottle.system.adversarial.Policies.OPEN;
import static dev.bottle.system.adversarial.Policies.REMOVED;
import static dev.bottle.system.adversarial.Policies.ROUTED;
import static dev.bottle.system.adversarial.Policies.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.condition.Reason;
import dev.bottle.system.adversarial.internet.SinkEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLHandshakeException;

/** Cases 29 and 31 to 37: credentials that the guest uses and never holds. */
final class Credentials {
  private static final String MINE = "of-the-attacker";

  private Credentials() {}

  /** What needs nothing but a connection. */
  static List<Case> atTheDoor() {
    List<Case> cases = new ArrayList<>();
    cases.add(
        whole(
            29,
            "a byte search of the guest's files, environments and arguments, as user and root",
            "RoutesIT#theTokenIsNowhereButInItsSecret"));
    overwritten(cases);
    elsewhere(cases);
    cases.add(
        new Case.Tried(
            33,
            "an origin that sends the credential back in a header and the body",
            inside(ROUTED, get(ROUTED, "/v1/echo")),
            Check.arrives("authorization: Bearer " + TOKEN)
                .and(seen ->
                    assertThat(seen.answer())
                        .contains("Bearer " + "*".repeat(TOKEN.length()))
                        .doesNotContain(TOKEN, TOKEN.substring(8)))));
    cases.add(
        new Case.Elsewhere(
            33,
            "the same in every spelling, over chunks and frames",
            Level.UNIT,
            List.of(
                "RouteTest#anEchoedTokenIsMaskedWhereverItStands",
                "RouteTest#anAnswerThatIsCompressedAgainstOurWordIsNotPassedOn",
                "MaskerTest#everySpellingIsMasked",
                "MaskerTest#howeverTheStreamIsCutTheTokenIsMasked")));
    cases.add(failed(34, "wrong-name.example.org", "UpstreamCertificateInvalid"));
    cases.add(failed(34, "untrusted.example.org", "UpstreamCertificateInvalid"));
    cases.add(
        new Case.Elsewhere(
            34,
            "an expired certificate; a server that speaks no TLS",
            Level.UNIT,
            List.of(
                "UpstreamTest#anExpiredCertificateIs502AndNoRequestLeaves",
                "UpstreamTest#anUpstreamThatDoesNotSpeakTlsIs502")));
    cases.add(
        whole(
            35,
            "objects, Events and logs of the cluster",
            "RoutesIT#theTokenIsNowhereButInItsSecret"));
    cases.add(
        new Case.Tried(
            36,
            "a route whose Secret is missing",
            inside(EMPTY, get(EMPTY, "/v1/x")),
            Check.silence().and(Check.failed(503, "RouteTokenMissing"))));
    cases.add(
        whole(
            36,
            "a missing Secret is named, and the other routes live on",
            "RoutesIT#aMissingSecretIsNamedAndItsRouteAnswers503UntilItIsThere"));
    return cases;
  }

  /** New policies, which only the operator can bring about in a cluster, and two Bottles. */
  static List<Case> ofTheDaemon() {
    List<Case> cases = new ArrayList<>();
    reloads(cases);
    cases.add(
        new Case.Tried(
            48,
            "another Bottle's authority is not trusted",
            scene -> {
              Scene.Daemons both = scene.daemons();
              try (Guest guest = both.bottle().guestOf(both.other())) {
                guest.tunnel(OPEN);
                return "trusted";
              } catch (SSLHandshakeException refused) {
                return "refused";
              }
            },
            Check.silence().and(seen -> assertThat(seen.answer()).isEqualTo("refused"))));
    return cases;
  }

  /** What looks at everything that has been sent. */
  static Case whoGotIt() {
    return new Case.Tried(
        32,
        "after all cases: the token went to hosts whose route names it, and nowhere else",
        Credentials::whoGotTheToken,
        seen -> assertThat(seen.answer()).isEqualTo("its hosts"));
  }

  /** What looks at everything that the daemon has said. */
  static Case whatWasSaid() {
    return new Case.Tried(
        35,
        "after all cases: egress' log, arguments, environment and control messages",
        Credentials::whatEgressSaid,
        seen -> assertThat(seen.answer()).isEqualTo("nothing"));
  }

  private static void overwritten(List<Case> cases) {
    for (String header :
        List.of(
            "Authorization: Bearer " + MINE,
            "authorization: Basic " + MINE,
            "X-Api-Key: " + MINE,
            "X_Api_Key: " + MINE,
            "Proxy-Authorization: Basic " + MINE,
            "Cookie: session=" + MINE)) {
      String name = header.substring(0, header.indexOf(':'));
      cases.add(
          new Case.Tried(
              31,
              "the attacker's own `" + name + "` to a host with a route",
              inside(ROUTED, get(ROUTED, "/v1/x", header)),
              Check.arrives("authorization: Bearer " + TOKEN, MINE)));
      cases.add(
          new Case.Tried(
              31,
              "the attacker's own `" + name + "` to a host without one",
              inside(OPEN, get(OPEN, "/v1/x", header)),
              Check.arrives("GET /v1/x", MINE, TOKEN)));
    }
  }

  private static void elsewhere(List<Case> cases) {
    cases.add(
        new Case.Tried(
            32,
            "another allowed host gets no token",
            inside(OPEN, get(OPEN, "/v1/x")),
            Check.arrives("host: " + OPEN, TOKEN, "authorization")));
    cases.add(
        new Case.Tried(
            32,
            "a host below the route's",
            connect("sub." + ROUTED + ":443"),
            Check.refused(403, Reason.HostNotAllowed, "sub." + ROUTED, 443)));
    cases.add(
        new Case.Tried(
            32,
            "another port of the route's host",
            connect(ROUTED + ":8443"),
            Check.refused(403, Reason.PortNotAllowed, ROUTED, 8443)));
    cases.add(
        new Case.Tried(
            32,
            "after a redirect to another allowed host",
            scene -> {
              inside(ROUTED, get(ROUTED, "/v1/redirect/open")).attempt(scene);
              int before = scene.internet().events().size();
              String answer = inside(OPEN, get(OPEN, "/landing")).attempt(scene);
              assertThat(scene.internet().events().stream().skip(before))
                  .extracting(SinkEvent::text)
                  .noneMatch(text -> text.contains(TOKEN));
              return answer;
            },
            Check.arrives("GET /landing")));
    cases.add(
        new Case.Tried(
            32,
            "after the origin's 407",
            after(
                inside(ROUTED, get(ROUTED, "/v1/proxy-authentication")),
                inside(OPEN, get(OPEN, "/after-407"))),
            Check.arrives("GET /after-407")));
    cases.add(failed(32, "closed.example.org", "UpstreamHandshakeFailed"));
  }

  private static Case failed(int number, String host, String rule) {
    return new Case.Tried(
        number,
        "a route to `%s`: 502, and no byte of the request leaves".formatted(host),
        inside(host, get(host, "/v1/x")),
        Check.failed(502, rule));
  }

  private static void reloads(List<Case> cases) {
    cases.add(
        new Case.Tried(
            37,
            "a broken policy: the last good one stays in force and it is said",
            scene -> {
              scene.daemons().bottle().deliver("{\"version\":1,");
              scene
                  .daemons()
                  .bottle()
                  .control()
                  .awaitState(state -> "PolicyInvalid".equals(state.reason()));
              String refused = connect("evil.test:443").attempt(scene);
              scene.daemons().bottle().enforce(Policies.standard(scene.internet().authorities()));
              return refused;
            },
            Check.refused(403, Reason.HostNotAllowed, "evil.test", 443)));
    cases.add(
        new Case.Tried(
            37,
            "a removed route closes what was begun under it",
            scene -> {
              try (Guest live = scene.bottle().guest()) {
                live.tunnel(REMOVED).send(get(REMOVED, "/endless"));
                assertThat(live.head()).startsWith("HTTP/1.1 200 ");
                scene.daemons().bottle().enforce(Policies.reduced(scene.internet().authorities()));
                live.drain();
                return connect(REMOVED + ":443").attempt(scene);
              } finally {
                scene.daemons().bottle().enforce(Policies.standard(scene.internet().authorities()));
              }
            },
            Check.told(Reason.HostNotAllowed, REMOVED, 443)
                .and(Check.answered(403, "HostNotAllowed"))));
  }

  private static String whoGotTheToken(Scene scene) {
    List<String> with =
        scene.internet().events().stream()
            .map(SinkEvent::text)
            .filter(text -> text.contains(TOKEN))
            .toList();
    assertThat(with)
        .isNotEmpty()
        .allMatch(text ->
            text.toLowerCase(Locale.ROOT).contains("host: " + ROUTED)
                || text.toLowerCase(Locale.ROOT).contains("host: " + REMOVED)
                || text.toLowerCase(Locale.ROOT).contains("host: " + Policies.SOCKET));
    return "its hosts";
  }

  private static String whatEgressSaid(Scene scene) throws Exception {
    String said =
        scene.daemons().bottle().log()
            + scene.daemons().bottle().proc("cmdline")
            + scene.daemons().bottle().proc("environ")
            + String.join("\n", scene.daemons().bottle().control().lines());
    assertThat(said).contains("CanaryFound", "SecretFound", "--tokens", "PATH=");
    byte[] token = TOKEN.getBytes(StandardCharsets.US_ASCII);
    for (String secret :
        List.of(
            TOKEN,
            HexFormat.of().formatHex(token),
            Base64.getEncoder().withoutPadding().encodeToString(token).substring(0, 32),
            Policies.CANARY,
            Policies.FOREIGN,
            MINE)) {
      assertThat(said).doesNotContain(secret);
    }
    return "nothing";
  }

  private static Case whole(int number, String tried, String test) {
    return new Case.Elsewhere(number, tried, Level.WHOLE, List.of(test));
  }
}
