package dev.bottle.system.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.GrantStatus;
import dev.bottle.crd.names.Names;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The real Claude Code asks for a host, a person allows it for a minute, and the session that asked
 * goes there, without a new Pod, machine or process.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClaudeCodeAsksIT {
  private static final Logger LOG = LoggerFactory.getLogger(ClaudeCodeAsksIT.class);
  private static final String BOTTLE = "asking";
  private static final String HOST = OriginProcess.ASKED;
  private static final String URL = "https://" + HOST + "/pub/data";
  private static final String REASON = "the build needs its data";
  private static final String FETCH = "Run: curl -sS --max-time 10 " + URL;
  private static final String REFUSED = "CONNECT tunnel failed, response 403";

  /** The shortest that the API takes. */
  private static final Duration TTL = Duration.ofSeconds(60);

  private static final List<String> TOOLS =
      List.of(
          "mcp__bottle__bottle_status",
          "mcp__bottle__request_egress",
          "mcp__bottle__request_git_upstream",
          "mcp__bottle__ask_human",
          "mcp__bottle__check_request",
          "mcp__bottle__withdraw_request");
  private static final ObjectMapper JSON = new ObjectMapper();

  private LocalCluster cluster;
  private OriginProcess origin;
  private Shell person;

  @BeforeAll
  void applyOneBottle() throws IOException {
    cluster = new LocalCluster("asks");
    origin = new OriginProcess(cluster);
    String path = cluster.start(List.of("true")).environment().get("PATH");
    person =
        new Shell(
            Map.of(
                "KUBECONFIG",
                cluster.home().resolve("kubeconfig").toString(),
                "PATH",
                Path.of("deploy/bin").toAbsolutePath() + ":" + path));
    String image =
        new Shell(Map.of(), Duration.ofMinutes(15)).run("deploy/local/guest-claude").orThrow();
    cluster
        .apply(
            """
            apiVersion: v1
            kind: Secret
            metadata: {name: anthropic}
            stringData: {api-key: a-key-of-this-test}
            ---
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: %s}
            spec:
              image: %s
              machine: {cpus: 2, memory: 1Gi, disk: 2Gi}
              agent:
                env:
                  - {name: ANTHROPIC_BASE_URL, value: "https://origin.bottle.test"}
                  - {name: ANTHROPIC_API_KEY, value: placeholder}
              egress:
                routes:
                  - host: origin.bottle.test
                    paths: [/v1/messages]
                    auth: {type: Header, header: X-Api-Key, secretKeyRef: {name: anthropic, key: api-key}}
                    onMatch: Redact
              supervise: {enabled: true}
            """
                .formatted(BOTTLE, image.strip()))
        .orThrow();
    cluster.awaitReady(BOTTLE);
  }

  @AfterAll
  void removeIt() {
    origin.close();
    cluster.close();
  }

  @Test
  void superviseIsThereWithoutAnApprovalOfClaudeCodesOwn() throws IOException {
    assertThat(cluster.guest(BOTTLE, "claude", "mcp", "list").orThrow())
        .containsPattern("bottle: http://127.0.0.1:9100/mcp .*Connected");
    assertThat(cluster.guest(BOTTLE, "stat", "-c", "%a %U", managed()).orThrow())
        .isEqualTo("644 root\n");
    assertThat(JSON.readTree(cluster.guest(BOTTLE, "cat", managed()).orThrow()))
        .isEqualTo(
            JSON.readTree(
                "{\"mcpServers\":{\"bottle\":{\"type\":\"http\",\"url\":\"http://127.0.0.1:9100/mcp\"}}}"));
  }

  private static String managed() {
    return "/etc/claude-code/managed-mcp.json";
  }

  @Test
  void theAgentAsksAPersonAllowsAndTimeEndsIt() throws Exception {
    BottleStatus before = status();
    try (ClaudeSession session = new ClaudeSession(cluster, BOTTLE, "Bash(curl:*),mcp__bottle")) {
      assertThat(session.told(FETCH)).contains(REFUSED);
      hasTheTools(session);

      JsonNode asked =
          result(
              session.told(
                  "Use: mcp__bottle__request_egress {\"host\":\"%s\",\"reason\":\"%s\",\"ttl\":\"10m\"}"
                      .formatted(HOST, REASON)));
      assertThat(asked.path("state").asText()).isEqualTo("pending");
      String request = Names.approval(BOTTLE, asked.path("id").asText());

      isShown(request);
      long allowed = allow(request);
      assertThat(session.told(FETCH)).contains("hello from " + HOST);
      assertThat(
              result(
                      session.told(
                          "Use: mcp__bottle__check_request {\"id\":\"%s\"}"
                              .formatted(asked.path("id").asText())))
                  .path("state")
                  .asText())
          .isEqualTo("approved");
      isGranted(request);

      ends(request, allowed);
      assertThat(session.told(FETCH)).contains(REFUSED);
      assertThat(session.isAlive()).isTrue();
    }
    assertThat(Objects.requireNonNull(status().bundle()).podUID())
        .isEqualTo(Objects.requireNonNull(before.bundle()).podUID());
    assertThat(Objects.requireNonNull(status().machine()).bootId())
        .isEqualTo(Objects.requireNonNull(before.machine()).bootId());
  }

  /** The session has the tools, and its model hears of each, though Claude Code holds them back. */
  private void hasTheTools(ClaudeSession session) throws IOException {
    assertThat(session.introduction().path("mcp_servers"))
        .anySatisfy(server -> {
          assertThat(server.path("name").asText()).isEqualTo("bottle");
          assertThat(server.path("status").asText()).isEqualTo("connected");
        });
    assertThat(session.introduction().path("tools"))
        .extracting(JsonNode::asText)
        .containsAll(TOOLS);
    assertThat(origin.requests("/v1/messages"))
        .isNotEmpty()
        .allSatisfy(request -> assertThat(request.path("body").asText()).contains(TOOLS));
  }

  private void isShown(String request) {
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(cell(cluster.kubectl("get", "bottle", BOTTLE).orThrow(), "PENDING"))
                .isEqualTo("1"));
    String table = cluster.kubectl("get", "bottleapprovals").orThrow();
    assertThat(table).containsPattern("^NAME +BOTTLE +KIND +ASKS +VERDICT +PHASE +AGE\n");
    assertThat(cell(table, "NAME")).isEqualTo(request);
    assertThat(cell(table, "BOTTLE")).isEqualTo(BOTTLE);
    assertThat(cell(table, "KIND")).isEqualTo("Egress");
    assertThat(cell(table, "ASKS")).isEqualTo(HOST);
    assertThat(cell(table, "VERDICT")).isEmpty();
    assertThat(bottle("requests", BOTTLE)).contains(request, HOST, REASON);
  }

  /**
   * A program of the guest that tries since before is through within the time that this prints.
   *
   * @return when the command came back, as {@link System#nanoTime()} says it
   */
  private long allow(String request) throws Exception {
    String fetch = "curl -sf -o /dev/null --max-time 10 " + URL;
    CompletableFuture<Long> through =
        CompletableFuture.supplyAsync(() -> {
          cluster.guest(BOTTLE, "sh", "-c", "until " + fetch + "; do sleep 0.1; done").orThrow();
          return System.nanoTime();
        });
    assertThat(cluster.guest(BOTTLE, "sh", "-c", fetch).exitCode()).isNotZero();
    assertThat(through).isNotDone();

    assertThat(
            bottle("approve", request, "--ttl", TTL.toSeconds() + "s", "--note", "for this build"))
        .contains(HOST, REASON, request + " patched");
    long allowed = System.nanoTime();
    long milliseconds = (through.get(2, TimeUnit.MINUTES) - allowed) / 1_000_000;
    LOG.info("from the approval's return to the first request: {} ms", milliseconds);
    return allowed;
  }

  private void isGranted(String request) {
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(grants())
                .singleElement()
                .satisfies(grant -> {
                  assertThat(grant.approval()).isEqualTo(request);
                  assertThat(grant.host()).isEqualTo(HOST);
                  assertThat(Instant.parse(grant.notAfter()))
                      .isBetween(Instant.now(), Instant.now().plus(TTL));
                }));
    String table = cluster.kubectl("get", "bottleapprovals").orThrow();
    assertThat(cell(table, "VERDICT")).isEqualTo("Approved");
    assertThat(cell(table, "PHASE")).isEqualTo("Applied");
    assertThat(status().pendingRequests()).isNull();
  }

  private void ends(String request, long allowed) {
    LocalCluster.await()
        .until(() -> cluster.guest(BOTTLE, "curl", "-sf", "--max-time", "10", URL).exitCode() != 0);
    // The operator's clock and egress' are this machine's; the grant began before the command
    // ended.
    assertThat(Duration.ofNanos(System.nanoTime() - allowed))
        .isBetween(TTL.minusSeconds(5), TTL.plusSeconds(5));
    LocalCluster.await()
        .untilAsserted(() -> {
          assertThat(grants()).isEmpty();
          String table = cluster.kubectl("get", "bottleapprovals").orThrow();
          assertThat(cell(table, "NAME")).isEqualTo(request);
          assertThat(cell(table, "VERDICT")).isEqualTo("Approved");
          assertThat(cell(table, "PHASE")).isEqualTo("Ended");
        });
  }

  private List<GrantStatus> grants() {
    return Objects.requireNonNullElse(status().grants(), List.of());
  }

  private BottleStatus status() {
    return Objects.requireNonNull(cluster.bottle(BOTTLE).getStatus());
  }

  /** kubectl bottle, as a person has it. */
  private String bottle(String... words) {
    List<String> command = new ArrayList<>(List.of("kubectl", "bottle", "-n", cluster.namespace()));
    command.addAll(List.of(words));
    return person.run(command.toArray(String[]::new)).orThrow();
  }

  /** What supervise answered, which the model repeats. */
  private static JsonNode result(String repeated) throws IOException {
    assertThat(repeated).startsWith("It printed: {");
    return JSON.readTree(repeated.substring("It printed: ".length()));
  }

  /** The value in a column of a table with one row. */
  private static String cell(String table, String column) {
    String[] lines = table.split("\n");
    assertThat(lines).hasSize(2);
    int start = (" " + lines[0] + " ").indexOf(" " + column + " ");
    assertThat(start).as(column + " in " + lines[0]).isNotNegative();
    String rest = lines[1].length() > start ? lines[1].substring(start) : "";
    return rest.startsWith(" ") ? "" : rest.split(" ", 2)[0];
  }
}
