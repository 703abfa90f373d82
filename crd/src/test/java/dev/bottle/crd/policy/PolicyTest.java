package dev.bottle.crd.policy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bottle.crd.json.MalformedDocumentException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyTest {
  private static final String CONTRACT =
      """
      {"version":1,"bottle":{"namespace":"ns","name":"demo","uid":"u"},
       "egress":{"allow":["api.anthropic.com","*.example.org"],
                 "privateDestinations":[{"cidr":"10.98.1.1/32","ports":[443]}],
                 "refusedAddresses":["10.98.0.1"],"upstreamRoots":"",
                 "routes":[{"host":"api.anthropic.com","paths":["/v1/"],"methods":["POST"],
                            "webSocket":false,"onMatch":"Block",
                            "auth":{"type":"Header","header":"X-Api-Key","username":null,
                                    "slot":"EGRESS_TOKEN_0"}}],
                 "slots":[{"name":"EGRESS_TOKEN_0","secret":"anthropic","key":"api-key"}],
                 "inspection":"Builtin",
                 "responses":{"maxBytes":1024,"contentTypes":["text/*"],"injectionPatterns":"Observe"},
                 "canary":"btl_canary_0123456789abcdefghijABCDEFGHIJ01"}}
      """;

  private static final List<TokenSlot> SLOTS =
      List.of(
          new TokenSlot("EGRESS_TOKEN_0", "secret", "key"),
          new TokenSlot("EGRESS_TOKEN_1", "secret", "other.key"));

  @Test
  void theContractsExampleIsRead() throws MalformedDocumentException {
    Policy policy = Policy.parse(CONTRACT.getBytes(UTF_8));

    assertThat(policy.bottle()).isEqualTo(new BottleIdentity("ns", "demo", "u"));
    assertThat(policy.egress().allow()).containsExactly("api.anthropic.com", "*.example.org");
    assertThat(policy.egress().privateDestinations())
        .containsExactly(new PrivateDestination("10.98.1.1/32", List.of(443)));
    assertThat(policy.egress().routes())
        .containsExactly(
            new RoutePolicy(
                "api.anthropic.com",
                List.of("/v1/"),
                List.of("POST"),
                false,
                OnMatch.Block,
                new RouteAuth(AuthType.Header, "X-Api-Key", null, "EGRESS_TOKEN_0")));
    assertThat(policy.egress().slots())
        .containsExactly(new TokenSlot("EGRESS_TOKEN_0", "anthropic", "api-key"));
    assertThat(policy.egress().inspection()).isEqualTo(Inspection.Builtin);
    assertThat(policy.egress().responses())
        .isEqualTo(new ResponsePolicy(1024, List.of("text/*"), InjectionPatterns.Observe));
    assertThat(new String(policy.toJson(), UTF_8))
        .isEqualTo(
            "{\"bottle\":{\"name\":\"demo\",\"namespace\":\"ns\",\"uid\":\"u\"},"
                + "\"egress\":{\"allow\":[\"api.anthropic.com\",\"*.example.org\"],"
                + "\"canary\":\"btl_canary_0123456789abcdefghijABCDEFGHIJ01\","
                + "\"inspection\":\"Builtin\","
                + "\"privateDestinations\":[{\"cidr\":\"10.98.1.1/32\",\"ports\":[443]}],"
                + "\"refusedAddresses\":[\"10.98.0.1\"],"
                + "\"responses\":{\"contentTypes\":[\"text/*\"],"
                + "\"injectionPatterns\":\"Observe\",\"maxBytes\":1024},"
                + "\"routes\":[{\"auth\":{\"header\":\"X-Api-Key\",\"slot\":\"EGRESS_TOKEN_0\","
                + "\"type\":\"Header\",\"username\":null},\"host\":\"api.anthropic.com\","
                + "\"methods\":[\"POST\"],\"onMatch\":\"Block\",\"paths\":[\"/v1/\"],"
                + "\"webSocket\":false}],"
                + "\"slots\":[{\"key\":\"api-key\",\"name\":\"EGRESS_TOKEN_0\","
                + "\"secret\":\"anthropic\"}],\"upstreamRoots\":\"\"},\"version\":1}");
  }

  @Test
  void theHashIsOfTheBytes() {
    assertThat(Policy.hash("abc".getBytes(UTF_8)))
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"version\":1|\"version\":2|version must be 1",
        "\"version\":1,||missing",
        "\"version\":1|\"version\":\"1\"|version",
        "\"version\":1|\"version\":1.0|version",
        "\"version\":1|\"version\":1,\"version\":1|not JSON",
        "\"version\":1|\"version\":1,\"extra\":true|unknown field",
        "\"upstreamRoots\":\"\"|\"upstreamRoots\":\"\",\"block\":[]|egress.block: unknown field",
        "\"refusedAddresses\":[\"10.98.0.1\"],||refusedAddresses is missing",
        "[\"10.98.0.1\"]|null|refusedAddresses is missing",
        "[\"10.98.0.1\"]|[null]|egress",
        "[\"10.98.0.1\"]|\"10.98.0.1\"|egress.refusedAddresses",
        "[443]|[0]|a port must be",
        "[443]|[\"443\"]|ports.[0]",
        "*.example.org|*|allow[1] is not a host",
        "*.example.org|EXAMPLE.org|allow[1] is not a host",
        "\"api.anthropic.com\",\"paths\"|\"*.anthropic.com\",\"paths\"|host is not an exact host",
        "\"/v1/\"|\"v1\"|no plain path",
        "\"/v1/\"|\"/v1/../x\"|no plain path",
        "\"/v1/\"|\"//x\"|no plain path",
        "\"/v1/\"|\"/%76\"|no plain path",
        "\"/v1/\"|\"/v1;a\"|no plain path",
        "\"/v1/\"|\"/v1//\"|no plain path",
        "\"/v1/\"|\"/v1/.\"|no plain path",
        "\"/v1/\"|\"/v1/{id}\"|no plain path",
        "\"/v1/\"|\"\"|no plain path",
        "\"POST\"|\"post\"|no method",
        "\"Block\"|\"Ignore\"|onMatch",
        "\"webSocket\":false|\"webSocket\":null|webSocket",
        "\"type\":\"Header\"|\"type\":\"Bearer\"|auth.header does not go",
        "\"type\":\"Header\"|\"type\":\"Basic\"|does not go",
        "\"X-Api-Key\"|\"Content-Length\"|auth.header does not go",
        "\"username\":null|\"username\":\"u\"|auth.username does not go",
        "\"slot\":\"EGRESS_TOKEN_0\"|\"slot\":\"EGRESS_TOKEN_1\"|routes[0].auth.slot is not in"
            + " slots",
        "\"name\":\"EGRESS_TOKEN_0\"|\"name\":\"../etc/passwd\"|not a slot's name",
        "\"inspection\":\"Builtin\"|\"inspection\":null|inspection is missing",
        "\"maxBytes\":1024|\"maxBytes\":0|maxBytes must be",
        "\"maxBytes\":1024|\"maxBytes\":1.5|maxBytes",
        "\"maxBytes\":1024,||maxBytes",
        "text/*|text|no media type",
        "text/*|*/*|no media type",
        "text/*|Text/html|no media type",
        "text/*|text/html; charset=utf-8|no media type",
        "\"Observe\"|\"Block\"|injectionPatterns",
        "btl_canary_0|btl_canary_|canary is malformed",
      })
  void whatIsNotExactlyAPolicyIsRefused(String part, String instead, String message) {
    String document = CONTRACT.replace(part, instead == null ? "" : instead);
    assertThat(document).isNotEqualTo(CONTRACT);

    assertThatThrownBy(() -> Policy.parse(document.getBytes(UTF_8)))
        .isInstanceOf(MalformedDocumentException.class)
        .hasMessageContaining(message);
  }

  private static String granting(String grant) {
    return CONTRACT.replace("\"inspection\"", "\"grants\":[" + grant + "],\"inspection\"");
  }

  @Test
  void grantsAreInTheDocumentWhenThereAreSome() throws MalformedDocumentException {
    Policy policy =
        Policy.parse(
            granting(
                    "{\"host\":\"pypi.org\",\"methods\":[],\"pathPrefix\":null,"
                        + "\"notAfterSeconds\":1796040000}")
                .getBytes(UTF_8));
    assertThat(policy.egress().grants())
        .containsExactly(new Grant("pypi.org", List.of(), null, 1_796_040_000));
    assertThat(Policy.parse(policy.toJson())).isEqualTo(policy);
    assertThat(new String(policy.toJson(), UTF_8)).contains("\"grants\":[{");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"*.pypi.org\"|[]|1|host is not an exact host",
        "\"10.0.0.1\"|[]|1|host is not an exact host",
        "\"PYPI.org\"|[]|1|host is not an exact host",
        "\"pypi.org\"|null|1|methods is missing",
        "\"pypi.org\"|[]|0|notAfterSeconds",
        "\"pypi.org\"|[]|null|notAfterSeconds",
        "\"pypi.org\"|[]|253402300800|notAfterSeconds",
        "\"pypi.org\"|[]|1,\"slot\":\"EGRESS_TOKEN_0\"|unknown field",
      })
  void whatIsNoGrantIsRefused(String host, String methods, String end, String message) {
    String document =
        granting(
            "{\"host\":%s,\"methods\":%s,\"pathPrefix\":null,\"notAfterSeconds\":%s}"
                .formatted(host, methods, end));

    assertThatThrownBy(() -> Policy.parse(document.getBytes(UTF_8)))
        .isInstanceOf(MalformedDocumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void tooLongIsRefusedUnread() {
    assertThatThrownBy(() -> Policy.parse(new byte[Policy.MAX_BYTES + 1]))
        .hasMessage("longer than 1048576 bytes");
  }

  @Property
  void everyPolicySurvivesItsFile(@ForAll("policies") Policy policy)
      throws MalformedDocumentException {
    byte[] document = policy.toJson();
    Policy read = Policy.parse(document);

    assertThat(read).isEqualTo(policy);
    assertThat(read.toJson()).isEqualTo(document);
  }

  private static Arbitrary<List<RoutePolicy>> routes() {
    Arbitrary<RouteAuth> auth =
        Arbitraries.of(
            new RouteAuth(AuthType.Bearer, null, null, "EGRESS_TOKEN_0"),
            new RouteAuth(AuthType.Basic, null, "user", "EGRESS_TOKEN_1"),
            new RouteAuth(AuthType.Header, "X-Key", null, "EGRESS_TOKEN_0"));
    return Combinators.combine(
            Arbitraries.of("example.org", "a.b.test"),
            Arbitraries.of("/", "/v1", "/v1/messages/").list().ofMaxSize(3),
            Arbitraries.of("GET", "POST").list().ofMaxSize(2),
            Arbitraries.of(true, false),
            Arbitraries.of(OnMatch.class),
            auth)
        .as(RoutePolicy::new)
        .list()
        .ofMaxSize(3);
  }

  private static Arbitrary<ResponsePolicy> responses() {
    return Combinators.combine(
            Arbitraries.longs().between(1, Long.MAX_VALUE),
            Arbitraries.of("text/*", "application/vnd.npm.install-v1+json").list().ofMaxSize(2),
            Arbitraries.of(InjectionPatterns.class))
        .as(ResponsePolicy::new);
  }

  @Provide
  Arbitrary<Policy> policies() {
    Arbitrary<String> text = Arbitraries.strings().ofMaxLength(20);
    Arbitrary<PrivateDestination> destination =
        Combinators.combine(text, Arbitraries.integers().between(1, 65535).list().ofMaxSize(4))
            .as(PrivateDestination::new);
    Arbitrary<EgressPolicy> egress =
        Combinators.combine(
                Arbitraries.of("example.org", "*.example.org", "a.b.test").list().ofMaxSize(5),
                destination.list().ofMaxSize(3),
                text.list().ofMaxSize(3),
                text,
                routes(),
                Arbitraries.of(Inspection.class),
                responses(),
                Arbitraries.of("", "btl_canary_" + "a0".repeat(16)))
            .as((allow, opened, refused, roots, routes, inspection, responses, canary) ->
                new EgressPolicy(
                    allow, opened, refused, roots, routes, SLOTS, inspection, responses, canary));
    return Combinators.combine(
            Combinators.combine(text, text, text).as(BottleIdentity::new), egress)
        .as((bottle, allowed) -> new Policy(Policy.VERSION, bottle, allowed));
  }
}
