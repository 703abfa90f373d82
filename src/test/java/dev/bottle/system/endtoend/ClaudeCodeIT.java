package dev.bottle.system.endtoend;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The real Claude Code in a Bottle, against a fake of the model's API. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClaudeCodeIT {
  private static final String BOTTLE = "claude";
  private static final String MESSAGES = "/v1/messages";
  private static final String PROMPT = "You speak as a lighthouse keeper.";
  private static final String PLACEHOLDER = "placeholder-of-the-guest";
  private static final String KEY = "key-" + UUID.randomUUID();
  private static final ObjectMapper JSON = new ObjectMapper();

  private LocalCluster cluster;
  private OriginProcess origin;

  @BeforeAll
  void applyOneBottle() throws IOException {
    cluster = new LocalCluster("claude");
    origin = new OriginProcess(cluster);
    // Where nothing is cached, it downloads.
    String image =
        new Shell(Map.of(), Duration.ofMinutes(15)).run("deploy/local/guest-claude").orThrow();
    cluster
        .apply(
            """
            apiVersion: v1
            kind: Secret
            metadata: {name: anthropic}
            stringData: {api-key: %s}
            ---
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: claude}
            spec:
              image: %s
              machine: {cpus: 2, memory: 1Gi, disk: 2Gi}
              agent:
                prompt: {text: %s}
                env:
                  - {name: ANTHROPIC_BASE_URL, value: "https://origin.bottle.test"}
                  - {name: ANTHROPIC_API_KEY, value: %s}
              egress:
                routes:
                  - host: origin.bottle.test
                    paths: [/v1/messages]
                    auth: {type: Header, header: X-Api-Key, secretKeyRef: {name: anthropic, key: api-key}}
                    onMatch: Redact
            """
                .formatted(KEY, image.strip(), PROMPT, PLACEHOLDER))
        .orThrow();
    cluster.awaitReady(BOTTLE);
  }

  @AfterAll
  void removeIt() {
    origin.close();
    cluster.close();
  }

  @Test
  void itTalksToItsModelWithAKeyThatItDoesNotHave() throws IOException {
    assertThat(claude("-p", "Say hello")).isEqualTo("You said: Say hello\n");

    List<JsonNode> requests = requestsWith("Say hello");
    assertThat(requests).isNotEmpty();
    for (JsonNode request : requests) {
      assertThat(request.at("/headers/x-api-key"))
          .extracting(JsonNode::asText)
          .containsExactly(KEY);
      assertThat(request.toString()).doesNotContain(PLACEHOLDER);
      JsonNode body = body(request);
      assertThat(body.path("stream").asBoolean()).isTrue();
      assertThat(body.path("system").findValuesAsText("text"))
          .anySatisfy(text -> assertThat(text).contains(PROMPT));
    }

    String guest = everythingThatItsUserReads();
    assertThat(guest).contains(PLACEHOLDER, PROMPT, "Say hello").doesNotContain(KEY);
  }

  /** With {@code Block} the second request of this session, and every later one, is refused. */
  @Test
  void aSessionThatReadItsCanaryGoesOnAndTheModelGetsAMask() throws IOException {
    String canary = cluster.guest(BOTTLE, "printenv", "BOTTLE_CANARY").orThrow().strip();
    String mask = "*".repeat(canary.length());

    assertThat(claude("-p", "Run: printenv BOTTLE_CANARY", "--allowedTools", "Bash(printenv:*)"))
        .isEqualTo("It printed: " + mask + "\n");
    assertThat(claude("--continue", "-p", "And now?")).isEqualTo("You said: And now?\n");

    assertThat(everythingThatItsUserReads()).contains("\"content\":\"" + canary + "\"");
    List<String> results = new ArrayList<>();
    for (JsonNode request : requestsWith("Run: printenv BOTTLE_CANARY")) {
      assertThat(request.toString()).doesNotContain(canary);
      for (JsonNode block : body(request).findParents("tool_use_id")) {
        results.add(block.path("content").asText());
      }
    }
    assertThat(results).containsExactly(mask, mask);
    assertThat(cluster.kubectl("get", "bottle", BOTTLE, "-o", "yaml").orThrow())
        .doesNotContain("CanaryTripped");
  }

  private String claude(String... arguments) {
    List<String> command = new ArrayList<>(List.of("bottle-claude"));
    command.addAll(List.of(arguments));
    return cluster.guest(BOTTLE, command.toArray(String[]::new)).orThrow();
  }

  /** The requests to the model's API whose conversation has this text. */
  private List<JsonNode> requestsWith(String text) throws IOException {
    return origin.requests(MESSAGES).stream()
        .filter(request -> request.path("body").asText().contains(text))
        .toList();
  }

  private static JsonNode body(JsonNode request) throws JsonProcessingException {
    return JSON.readTree(request.path("body").asText());
  }

  /** Its environment and its files; what Claude Code writes down is among these. */
  private String everythingThatItsUserReads() {
    String look =
        "{ cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline; find ~ /etc /run /tmp /var/tmp -xdev"
            + " -type f -exec cat {} +; } 2>/dev/null | base64 -w 0";
    String all = cluster.guest(BOTTLE, "sh", "-c", look).orThrow();
    return new String(Base64.getDecoder().decode(all.strip()), UTF_8);
  }
}
