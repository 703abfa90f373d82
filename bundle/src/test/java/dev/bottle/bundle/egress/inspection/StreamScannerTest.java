package dev.bottle.bundle.egress.inspection;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamScannerTest {
  private static final Needles NEEDLES = Samples.needles();

  static Stream<Arguments> formats() {
    return Samples.formats().entrySet().stream()
        .map(sample -> Arguments.of(sample.getKey(), sample.getValue()));
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aFormatIsFoundWhereItStands(String rule, String secret) {
    String text = "{\"key\": \"" + secret + "\"}";

    assertThat(scan(text))
        .anySatisfy(finding -> {
          assertThat(finding.rule()).isEqualTo(rule);
          assertThat(finding.start()).isGreaterThanOrEqualTo(9);
          assertThat(finding.end()).isLessThanOrEqualTo(9 + secret.length());
        });
  }

  /** Needles are looked for at every second place, and the stream may end with the secret. */
  @ParameterizedTest
  @MethodSource("formats")
  void aFormatIsFoundAtEveryPlaceHoweverItIsCut(String rule, String secret) {
    for (int before = 0; before < 4; before++) {
      byte[] text = ("=".repeat(before) + secret).getBytes(StandardCharsets.ISO_8859_1);
      for (int size : List.of(1, 2, 3, 5, text.length)) {
        assertThat(scan(text, size))
            .as("%s bytes before, cut into parts of %s", before, size)
            .extracting(Finding::rule)
            .contains(rule);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aDamagedFormatIsNoCredential(String rule, String secret) {
    // The last character of a checksum, or so short that the shape is not there.
    String damaged = secret.substring(0, Math.min(secret.length() - 6, 30));

    assertThat(scan("value = " + damaged + " ;")).extracting(Finding::rule).doesNotContain(rule);
  }

  @Test
  void aWrongChecksumIsNoToken() {
    String token = Samples.github("ghp_");
    char last = token.charAt(token.length() - 1);
    String wrong = token.substring(0, token.length() - 1) + (last == 'a' ? 'b' : 'a');

    assertThat(scan(token)).isNotEmpty();
    assertThat(scan(wrong)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\\n", "\\r\\n", "\", \"", "\\\\n"})
  void aPrivateKeyIsFoundWithAnyLineBreaks(String lineBreak) {
    assertThat(rules(Samples.pem(lineBreak))).contains("PrivateKey");
  }

  @Test
  void aPlaceholderKeyIsNone() {
    assertThat(scan("-----BEGIN PRIVATE" + " KEY-----\n...\n-----END PRIVATE KEY-----")).isEmpty();
    assertThat(scan("grep -q 'BEGIN RSA PRIVATE" + " KEY-----' " + "x".repeat(90))).isEmpty();
  }

  static Stream<Arguments> spellings() {
    return Stream.of(Samples.CANARY, Samples.OWN)
        .flatMap(value -> {
          byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
          HexFormat hex = HexFormat.of();
          String url = URLEncoder.encode(value, StandardCharsets.US_ASCII);
          String every = percent(value);
          String name = value.equals(Samples.OWN) ? "OwnToken" : "Canary";
          List<Arguments> all = new ArrayList<>();
          all.add(Arguments.of(name, "plain", value));
          all.add(Arguments.of(name, "hex", hex.formatHex(bytes)));
          all.add(Arguments.of(name, "upper hex", hex.withUpperCase().formatHex(bytes)));
          all.add(Arguments.of(name, "form", url));
          all.add(Arguments.of(name, "every percent", every));
          all.add(Arguments.of(name, "double percent", percent(every)));
          all.add(Arguments.of(name, "JSON", escaped(value)));
          all.add(Arguments.of(name, "slashes", value.replace("/", "\\/")));
          all.add(Arguments.of(name, "percent of base64", percent(base64(value))));
          for (int before = 0; before < 4; before++) {
            String padded = "#".repeat(before) + value + "!";
            all.add(Arguments.of(name, "base64 at " + before, base64(padded)));
            all.add(
                Arguments.of(
                    name,
                    "base64url at " + before,
                    Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(padded.getBytes(StandardCharsets.US_ASCII))));
            all.add(
                Arguments.of(
                    name,
                    "MIME at " + before,
                    Base64.getMimeEncoder(20 + 4 * before, new byte[] {'\r', '\n'})
                        .encodeToString(padded.getBytes(StandardCharsets.US_ASCII))));
          }
          return all.stream();
        });
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("spellings")
  void aValueIsFoundInEverySpellingHoweverItIsCut(String rule, String spelling, String text) {
    byte[] bytes = ("before " + text + " behind").getBytes(StandardCharsets.US_ASCII);

    for (int size : List.of(1, 2, 3, 7, 16, 61, bytes.length)) {
      assertThat(scan(bytes, size))
          .as("in parts of %s", size)
          .anySatisfy(finding -> {
            assertThat(finding.rule()).isEqualTo(rule);
            assertThat(finding.start()).isGreaterThanOrEqualTo(7);
            assertThat(finding.end()).isLessThanOrEqualTo(7L + text.length());
            // Enough of it to be of no use when masked.
            assertThat(finding.end() - finding.start()).isGreaterThan(text.length() / 2);
          });
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aFormatIsFoundInBase64(String rule, String secret) {
    // What its keyword follows is not seen there, and short keywords are found only as they are.
    if (List.of(
            "TerraformCloud",
            "AzureClientSecret",
            "TelegramBot",
            "SendGrid",
            "OpenaiKey",
            "HuggingFace",
            "AirtableToken")
        .contains(rule)) {
      return;
    }
    for (int before = 0; before < 3; before++) {
      assertThat(rules(base64("#".repeat(before) + secret + "\n"))).contains(rule);
    }
  }

  @Test
  void escapesLongAgoCostNothingAndNewOnesAreSeen() {
    String quiet = "plain text. ".repeat(1000);

    assertThat(rules("%41" + quiet + percent(Samples.CANARY))).containsExactly("Canary");
    assertThat(rules("%41" + quiet + Samples.CANARY + quiet)).containsExactly("Canary");
  }

  @Test
  void anOrdinaryConversationPasses() {
    Random random = new Random(3);
    StringBuilder text = new StringBuilder("{\"model\":\"claude\",\"messages\":[{\"content\":\"");
    for (int i = 0; i < 2000; i++) {
      byte[] digest = new byte[64];
      random.nextBytes(digest);
      text.append(new UUID(random.nextLong(), random.nextLong()))
          .append("\\ncommit ")
          .append(HexFormat.of().formatHex(digest, 0, 20))
          .append("\\n\\\"integrity\\\": \\\"sha512-")
          .append(Base64.getEncoder().encodeToString(digest))
          .append("\\\",\\n@sha256:")
          .append(HexFormat.of().formatHex(digest, 0, 32))
          .append("\\nAKIAIOSFODNN7" + "EXAMPLE ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
          .append(" sk-ant-api03-placeholder sk-... %s %d %20 https://a.test/?q=%7Bx%7D ")
          .append("/sk-learn/task-runner-desk-top npm_config_registry npm_package_version ");
    }
    byte[] image = new byte[2_000_000];
    random.nextBytes(image);
    text.append(Base64.getEncoder().encodeToString(image)).append("\"}]}");

    assertThat(scan(text.toString().getBytes(StandardCharsets.US_ASCII), 8192)).isEmpty();
    assertThat(scan(image, 8192)).isEmpty();
  }

  @Test
  void theProjectsOwnSourceAndRulesPass() throws IOException {
    try (var files = Files.walk(Path.of(".."))) {
      List<Path> sources =
          files
              .filter(file -> file.toString().matches(".*\\.(java|md|json|ya?ml|xml|go|sum|sh)"))
              .filter(file -> !file.toString().contains("/target/"))
              .toList();
      assertThat(sources).hasSizeGreaterThan(200);
      for (Path file : sources) {
        assertThat(scan(Files.readAllBytes(file), 4096)).as(file.toString()).isEmpty();
      }
    }
  }

  @Test
  void nothingPrintsASecret() {
    Rule.Value value = new Rule.Value("Canary", Finding.Kind.CANARY, Samples.CANARY);

    assertThat(Stream.of(value, Needle.of(value), scan(Samples.CANARY)).map(Object::toString))
        .noneMatch(text -> text.contains(Samples.CANARY.substring(12, 20)));
  }

  private static Map<String, Long> counts(List<Finding> findings) {
    return findings.stream().collect(Collectors.groupingBy(Finding::rule, Collectors.counting()));
  }

  private static List<String> rules(String text) {
    return counts(scan(text)).keySet().stream().sorted().toList();
  }

  private static List<Finding> scan(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    return scan(bytes, bytes.length);
  }

  static List<Finding> scan(byte[] text, int size) {
    StreamScanner scanner = new StreamScanner(NEEDLES);
    List<Finding> findings = new ArrayList<>();
    for (int i = 0; i < text.length; i += size) {
      findings.addAll(
          scanner.next(Arrays.copyOfRange(text, i, Math.min(text.length, i + size)), false));
    }
    findings.addAll(scanner.next(new byte[0], true));
    return findings;
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String percent(String text) {
    return text.chars().mapToObj("%%%02x"::formatted).collect(Collectors.joining());
  }

  private static String escaped(String text) {
    return text.chars().mapToObj("\\u%04X"::formatted).collect(Collectors.joining());
  }
}
