package dev.bottle.operator.render;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.bottle.crd.api.Bottle;
import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.admin.Cidr;
import dev.bottle.operator.fixture.Tree;
import dev.bottle.operator.fixture.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PipelockRendererTest {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  /** The document that the real binary was measured with, key for key. */
  @Test
  void itIsTheMeasuredDocument() throws IOException {
    JsonNode measured =
        new YAMLMapper()
            .readTree(Files.readString(Path.of("src/test/resources/pipelock-measured.yaml")));

    assertThat(document(allowing(List.of("api.anthropic.com")), AdminConfig.NONE))
        .isEqualTo(measured);
  }

  @Test
  void hostsAreThoseOfAllowAndRoutesInAnyOrder() {
    Bottle bottle =
        with(
            allowing(List.of("*.z.example.org", "b.example.org")),
            "/spec/egress/routes",
            List.of(route("a.example.org", null), route("b.example.org", null)));

    assertThat(texts(bottle, "/api_allowlist"))
        .containsExactly("*.z.example.org", "a.example.org", "b.example.org");
    assertThat(texts(bottle, "/response_scanning/exempt_domains")).isEmpty();
  }

  @Test
  void nothingAllowedIsNotEverything() {
    assertThat(texts(allowing(List.of()), "/api_allowlist")).containsExactly("bottle.invalid");
    assertThat(texts(with(World.demo(), "/spec/egress", null), "/api_allowlist"))
        .containsExactly("bottle.invalid");
  }

  @Test
  void theHeadersThatRoutesSetAreNotLookedAt() {
    Bottle bottle =
        with(
            allowing(List.of()),
            "/spec/egress/routes",
            List.of(
                route("a.example.org", "x-api-key"),
                route("b.example.org", "Private-Token"),
                route("c.example.org", "private-token")));

    assertThat(texts(bottle, "/request_body_scanning/ignore_headers"))
        .containsExactly("Accept-Encoding", "Authorization", "X-Api-Key", "Private-Token");
  }

  @Test
  void onlyWhatIsOpenOn443IsOpenForPipelock() {
    AdminConfig admin =
        admin(
            new AdminConfig.Destination(Cidr.parse("10.1.0.0/16"), List.of(443, 8443)),
            new AdminConfig.Destination(Cidr.parse("10.2.0.0/16"), List.of(22)),
            new AdminConfig.Destination(Cidr.parse("fd00:1::/64"), List.of(443)));

    assertThat(document(allowing(List.of()), admin).at("/ssrf/ip_allowlist"))
        .extracting(JsonNode::asText)
        .containsExactly("10.1.0.0/16", "fd00:1::/64");
    assertThat(document(allowing(List.of()), AdminConfig.NONE).has("ssrf")).isFalse();
  }

  @Test
  void whatIsRenderedPassesTheCheck() {
    Bottle bottle = allowing(List.of("*.example.org", "api.anthropic.com"));
    AdminConfig admin = admin(new AdminConfig.Destination(Cidr.parse("10.0.0.0/8"), List.of(443)));

    assertThat(PipelockCheck.fault(bottle, admin)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0.0.0.0/0", "::/0", "128.0.0.0/1", "169.254.0.0/16", "127.0.0.1/32", "fc00::/7"})
  void whatWouldOpenLoopbackOrMetadataIsRefused(String range) {
    AdminConfig admin = admin(new AdminConfig.Destination(Cidr.parse(range), List.of(443)));

    assertThat(PipelockCheck.fault(allowing(List.of()), admin))
        .hasValueSatisfying(fault -> assertThat(fault).contains(range, "name narrower ranges"));
  }

  /** What the real binary's own check takes for good. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/api_allowlist|[]|an empty api_allowlist",
        "/api_allowlist|[\"*\"]|'*' is no host",
        "/api_allowlist|[\"*.com\"]|'*.com' is no host",
        "/api_allowlist|[\"10.0.0.1\"]|'10.0.0.1' is no host",
        "/api_allowlist|[\"a.example.org\",\"\"]|'' is no host",
        "/mode|\"balanced\"|/mode must be \"strict\"",
        "/enforce|false|/enforce must be true",
        "/fetch_proxy/listen|\"0.0.0.0:8888\"|/fetch_proxy/listen must be",
        "/fetch_proxy/listen|\"unix:///run/p.sock\"|/fetch_proxy/listen must be",
        "/metrics_listen|null|/metrics_listen must be",
        "/tls_interception/enabled|false|/tls_interception/enabled must be true",
        "/tls_interception/passthrough_domains|[\"a.example.org\"]|must be []",
        "/request_body_scanning/action|\"warn\"|action must be \"block\"",
        "/request_body_scanning/header_mode|\"sensitive\"|header_mode must be \"all\"",
        "/request_body_scanning/ignore_headers|[]|ignore_headers must name headers",
        "/request_body_scanning/ignore_headers|[\" \"]|ignore_headers must name headers",
        "/internal|[]|must not have internal",
        "/trusted_domains|[\"a.example.org\"]|must not have trusted_domains",
        "/suppress|[]|must not have suppress",
      })
  void whatPipelockWouldTakeIsRefused(String pointer, String value, String message)
      throws JsonProcessingException {
    ObjectNode document =
        (ObjectNode) document(allowing(List.of("a.example.org")), AdminConfig.NONE);
    int slash = pointer.lastIndexOf('/');
    ((ObjectNode) document.at(pointer.substring(0, slash)))
        .set(pointer.substring(slash + 1), JSON.readTree(value));

    assertThat(PipelockCheck.fault(document.toString()))
        .hasValueSatisfying(fault -> assertThat(fault).contains(message));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "not JSON", "[]"})
  void anythingElseIsRefused(String document) {
    assertThat(PipelockCheck.fault(document)).isNotEqualTo(Optional.empty());
  }

  private static List<String> texts(Bottle bottle, String pointer) {
    return document(bottle, AdminConfig.NONE)
        .at(pointer)
        .valueStream()
        .map(JsonNode::asText)
        .toList();
  }

  private static JsonNode document(Bottle bottle, AdminConfig admin) {
    try {
      return JSON.readTree(PipelockRenderer.document(bottle, admin));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static AdminConfig admin(AdminConfig.Destination... opened) {
    return new AdminConfig(List.of(opened), "", List.of(), false, "registry.test/pipelock:2.3.0");
  }

  private static Map<String, Object> route(String host, @Nullable String header) {
    Map<String, String> key = Map.of("name", "s", "key", "k");
    return Map.of(
        "host",
        host,
        "auth",
        header == null
            ? Map.of("type", "Bearer", "secretKeyRef", key)
            : Map.of("type", "Header", "header", header, "secretKeyRef", key));
  }

  private static Bottle allowing(List<String> hosts) {
    return with(World.demo(), "/spec/egress", Map.of("allow", hosts));
  }

  private static Bottle with(Bottle bottle, String pointer, @Nullable Object value) {
    return Tree.with(bottle, Bottle.class, pointer, value);
  }
}
