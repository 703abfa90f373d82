package dev.bottle.operator.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminConfigReaderTest {
  /** A self-signed certificate of "CN=test", made with openssl for this test. */
  private static final String PEM =
      """
      -----BEGIN CERTIFICATE-----
      MIIBdTCCARugAwIBAgIUZJaUVvrDqC3l9tGnRXJ2+vP6pu0wCgYIKoZIzj0EAwIw
      DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjUwNDU1MTNaGA8yMTI2MTEwMTA0NTUx
      M1owDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJz0
      rBpIpl0sMDfDOngzOux3I75QUBYKCii0Eq0IY5Fn9LLxA9jQ4z/9yYhzTYyaBrrI
      Lz7TDzG4ia7yA/+LY7WjUzBRMB0GA1UdDgQWBBTLQH93bmV1a9/q5V0mLs5NBJTI
      vTAfBgNVHSMEGDAWgBTLQH93bmV1a9/q5V0mLs5NBJTIvTAPBgNVHRMBAf8EBTAD
      AQH/MAoGCCqGSM49BAMCA0gAMEUCIQCKI/tGNPpbEMAJ7AhRkShjEZziVdB1pbEy
      P9nrHYnPTwIgPsZCx/pp8GElghcVh2yy7nDj7sNMKNQzLSL/Ps7qNqc=
      -----END CERTIFICATE-----
      """;

  @Test
  void whatIsNotThereOpensNothing() {
    AdminConfig.Result nothing = new AdminConfig.Valid(AdminConfig.NONE);

    assertThat(AdminConfigReader.read(null)).isEqualTo(nothing);
    assertThat(AdminConfigReader.read(new ConfigMap())).isEqualTo(nothing);
    assertThat(read("")).isEqualTo(nothing);
    assertThat(read("# only a comment\n")).isEqualTo(nothing);
    assertThat(read("{}")).isEqualTo(nothing);
  }

  @Test
  void everythingSetIsRead() {
    AdminConfig config =
        valid(
            "privateDestinations:\n"
                + "  - {cidr: 10.98.1.0/24, ports: [8443, 443, 443]}\n"
                + "  - {cidr: \"fd00::/64\", ports: [443]}\n"
                + "clusterRanges: [203.0.113.0/24]\n"
                + "allowUninspected: true\n"
                + "pipelockImage: registry.test:5000/pipelock:2.3.0\n"
                + "upstreamRoots: |\n"
                + PEM.indent(2));

    assertThat(config.privateDestinations())
        .containsExactly(
            new AdminConfig.Destination(Cidr.parse("10.98.1.0/24"), List.of(443, 8443)),
            new AdminConfig.Destination(Cidr.parse("fd00::/64"), List.of(443)));
    assertThat(config.clusterRanges()).containsExactly(Cidr.parse("203.0.113.0/24"));
    assertThat(config.upstreamRoots()).isEqualTo(PEM);
    assertThat(config.allowUninspected()).isTrue();
    assertThat(config.pipelockImage()).isEqualTo("registry.test:5000/pipelock:2.3.0");
  }

  @Test
  void theOrderHasNoMeaning() {
    String one = "{cidr: 10.0.0.0/8, ports: [1, 2]}";
    String two = "{cidr: 172.16.0.0/12, ports: [3]}";

    assertThat(valid("privateDestinations: [" + two + "," + one + "," + two + "]"))
        .isEqualTo(valid("privateDestinations: [" + one + "," + two + "]"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "privateDestinatons: []|unknown key 'privateDestinatons'; known are allowUninspected,"
            + " clusterRanges, pipelockImage, privateDestinations, registries, upstreamRoots",
        "allowUninspected: perhaps|allowUninspected has the wrong type",
        "privateDestinations: [{cidr: 10.0.0.0/8, port: 443}]|unknown key 'port'; known are cidr,"
            + " ports",
        "privateDestinations: [{ports: [443]}]|privateDestinations[0] has no cidr",
        "privateDestinations: [null]|privateDestinations[0] has no cidr",
        "privateDestinations: [{cidr: 10.0.0.0/8}]|privateDestinations[0].ports must name ports",
        "privateDestinations: [{cidr: 10.0.0.0/8, ports: []}]|privateDestinations[0].ports must"
            + " name ports",
        "privateDestinations: [{cidr: 10.0.0.0/8, ports: [null]}]|privateDestinations[0].ports must"
            + " name ports",
        "privateDestinations: [{cidr: 10.0.0.0/8, ports: [0]}]|privateDestinations[0].ports must"
            + " name ports",
        "privateDestinations: [{cidr: 10.0.0.0/8, ports: [65536]}]|privateDestinations[0].ports"
            + " must name ports",
        "privateDestinations: [{cidr: 10.0.0.0/8, ports: [443.5]}]|privateDestinations[0].ports[0]"
            + " has the wrong type (line 1)",
        "privateDestinations: [{cidr: 10.0.0.0/8, ports: [https]}]|privateDestinations[0].ports[0]"
            + " has the wrong type",
        "privateDestinations: {cidr: 10.0.0.0/8}|privateDestinations has the wrong type",
        "privateDestinations: [{cidr: 10.0.0.1/8, ports: [443]}]|privateDestinations[0].cidr:"
            + " '10.0.0.1/8' is not a range",
        "privateDestinations: [{cidr: 10.0.0.1, ports: [443]}]|privateDestinations[0].cidr:"
            + " '10.0.0.1' has no prefix",
        "privateDestinations: [{cidr: db.corp/32, ports: [443]}]|privateDestinations[0].cidr:"
            + " 'db.corp/32' is not a range",
        "privateDestinations: [{cidr: 10.0.0.0/33, ports: [443]}]|privateDestinations[0].cidr:"
            + " '10.0.0.0/33' is not a range",
        "privateDestinations: [{cidr: 10.0.0.0/x, ports: [443]}]|privateDestinations[0].cidr:"
            + " '10.0.0.0/x' is not a range",
        "clusterRanges: [null]|clusterRanges[0] is empty",
        "clusterRanges: [10.0.0.0]|clusterRanges[0]: '10.0.0.0' has no prefix",
        "upstreamRoots: none|upstreamRoots",
        "pipelockImage: registry.test/pipelock|pipelockImage must be an image reference with its"
            + " tag or digest",
        "pipelockImage: registry.test:5000/pipelock|pipelockImage must be",
        "pipelockImage: 'a b:1'|pipelockImage must be",
        "pipelockImage: ''|pipelockImage must be",
        "just words|the document has the wrong type",
        "[]|the document has the wrong type",
      })
  void whatIsWrongIsNamed(String text, String message) {
    assertThat(invalid(text)).startsWith("config.yaml: ").contains(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a: [",
        "clusterRanges: []\nclusterRanges: []\n",
        "clusterRanges: []\n---\nmore: 1\n",
        "\t- x"
      })
  void whatIsNotOneYamlDocumentIsRefused(String text) {
    assertThat(invalid(text)).startsWith("config.yaml: ").doesNotContain("\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.0/8",
        "127.0.0.1/32",
        "169.254.169.254/32",
        "169.254.0.0/16",
        "0.0.0.0/32",
        "224.0.0.0/4",
        "::1/128",
        "fe80::/10",
        "fe80::1/128",
        "fd00:ec2::254/128",
        "ff02::/16"
      })
  void whatStaysRefusedCannotBeOpened(String range) {
    assertThat(invalid(opening(range, 443))).contains(range, "stays refused; remove it");
  }

  @Test
  void aLinkLocalResolverMayBeOpenedForDnsAndNothingElse() {
    assertThat(valid(opening("169.254.30.10/32", 53)).privateDestinations()).hasSize(1);
    assertThat(invalid(opening("169.254.30.10/32", 443))).contains("stays refused");
    assertThat(invalid(opening("169.254.169.254/32", 53))).contains("stays refused");
    assertThat(invalid(opening("169.254.0.0/16", 53))).contains("stays refused");
  }

  @Test
  void aBrokenRootIsToldWithoutItsText() {
    String broken = "upstreamRoots: |\n" + PEM.replace("MII", "AAA").indent(2);

    assertThat(invalid(broken))
        .contains("upstreamRoots must be PEM certificates")
        .doesNotContain("AAA");
  }

  private static String opening(String range, int port) {
    return "privateDestinations: [{cidr: \"" + range + "\", ports: [" + port + "]}]";
  }

  private static AdminConfig.Result read(String text) {
    return AdminConfigReader.read(new ConfigMapBuilder().addToData("config.yaml", text).build());
  }

  private static AdminConfig valid(String text) {
    assertThat(read(text)).isInstanceOf(AdminConfig.Valid.class);
    return ((AdminConfig.Valid) read(text)).config();
  }

  private static String invalid(String text) {
    assertThat(read(text)).asInstanceOf(type(AdminConfig.Invalid.class)).isNotNull();
    return ((AdminConfig.Invalid) read(text)).message();
  }
}
