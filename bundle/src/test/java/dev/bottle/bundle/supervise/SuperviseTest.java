package dev.bottle.bundle.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bottle.bundle.alarm.ManualTime;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.control.Decision;
import dev.bottle.crd.control.OpenRequests;
import dev.bottle.crd.control.RequestOpen;
import dev.bottle.crd.policy.BottleIdentity;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.Grant;
import dev.bottle.crd.policy.Inspection;
import dev.bottle.crd.policy.Policy;
import dev.bottle.crd.policy.ResponsePolicy;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The daemon between a guest at its door and the node agent at its control socket. */
class SuperviseTest {
  private static final Instant NOON = Instant.parse("2026-11-27T12:00:00Z");
  private static final String ZERO = "0".repeat(64);

  @TempDir private Path home;

  private final ManualTime time = new ManualTime(NOON);
  private final List<AutoCloseable> opened = new ArrayList<>();

  @SuppressWarnings("NullAway.Init")
  private Supervise supervise;

  @SuppressWarnings("NullAway.Init")
  private McpGuest guest;

  @BeforeEach
  void start() throws IOException {
    Files.createDirectories(home.resolve("policy"));
    supervise =
        new Supervise(
            new SuperviseOptions(
                home.resolve("policy/policy.json"),
                home.resolve("queue"),
                home.resolve("supervise.sock"),
                home.resolve("control.sock")),
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory()),
            time,
            time);
    guest = new McpGuest(home.resolve("supervise.sock"));
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : opened) {
      one.close();
    }
    supervise.close();
  }

  private ControlClient agent() throws IOException {
    ControlClient client = new ControlClient(home.resolve("control.sock"));
    opened.add(client);
    return client;
  }

  private static Decision decision(RequestOpen request, boolean approved, String note) {
    return new Decision(request.id(), request.ask().hash(), approved, note);
  }

  private String policy(Grant... grants) throws IOException {
    return policy(Inspection.Builtin, grants);
  }

  private String policy(Inspection inspection, Grant... grants) throws IOException {
    byte[] json =
        new Policy(
                Policy.VERSION,
                new BottleIdentity("ns", "demo", "uid"),
                new EgressPolicy(
                    List.of("api.example.org"),
                    List.of(),
                    List.of(),
                    "",
                    List.of(),
                    List.of(),
                    inspection,
                    ResponsePolicy.DEFAULT,
                    "",
                    List.of(grants)))
            .toJson();
    deliver(json);
    return Policy.hash(json);
  }

  private void deliver(byte[] json) throws IOException {
    Path next = Files.write(home.resolve("policy/next"), json);
    Files.move(next, home.resolve("policy/policy.json"), StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void itIsReadyWithAPolicyAndKeepsTheLastGoodOne() throws IOException {
    ControlClient agent = agent().awaitOpen();
    assertThat((DaemonState) agent.messages().getFirst())
        .returns(false, DaemonState::ready)
        .returns("PolicyInvalid", DaemonState::reason);

    long end = NOON.plusSeconds(60).getEpochSecond();
    String hash = policy(new Grant("pypi.org", List.of("GET"), "/simple", end));
    await()
        .until(() ->
            agent.messages().getLast() instanceof DaemonState state
                && state.ready()
                && hash.equals(state.policyHash()));
    JsonNode status = guest.tool("bottle_status", "{}").path("structuredContent");
    assertThat(status.path("hosts").get(0).asText()).isEqualTo("api.example.org");
    assertThat(status.path("hosts_for_a_while"))
        .hasToString(
            "[{\"host\":\"pypi.org\",\"methods\":[\"GET\"],\"path_prefix\":\"/simple\","
                + "\"until\":\"2026-11-27T12:01:00Z\"}]");

    deliver(new byte[] {'{'});
    await()
        .until(() ->
            agent.messages().getLast() instanceof DaemonState state
                && "PolicyInvalid".equals(state.reason())
                && hash.equals(state.policyHash()));
    time.pass(Duration.ofMinutes(1));
    assertThat(
            guest.tool("bottle_status", "{}").path("structuredContent").path("hosts_for_a_while"))
        .isEmpty();
  }

  @Test
  void noHostIsAskedForThatPipelockWouldRefuseAnyway() throws IOException {
    String hash = policy(Inspection.Pipelock);
    ControlClient agent = agent();
    await()
        .until(() ->
            agent.messages().stream()
                .anyMatch(
                    said -> said instanceof DaemonState state && hash.equals(state.policyHash())));

    JsonNode refused =
        guest.tool("request_egress", "{\"host\":\"pypi.org\",\"reason\":\"packages\"}");
    assertThat(refused.path("isError").asBoolean()).isTrue();
    assertThat(refused.toString()).contains("ask_human", "spec.egress.allow");
    assertThat(guest.tool("bottle_status", "{}").at("/structuredContent/open_requests")).isEmpty();
  }

  @Test
  void aRestartKeepsTheQueueAndWhatWasDecided() throws Exception {
    String open = guest.asksFor("one.example.org");
    time.pass(Duration.ofSeconds(1));
    String decided = guest.asksFor("two.example.org");
    ControlClient agent = agent().awaitOpen(open, decided);
    RequestOpen asked = agent.open(open);
    assertThat(asked.createdSeconds()).isEqualTo(NOON.getEpochSecond());
    assertThat(asked.expiresSeconds()).isEqualTo(NOON.plusSeconds(86_400).getEpochSecond());
    agent.decide(decision(agent.open(decided), false, "not today"));
    agent.awaitOpen(open);

    supervise.close();
    start();

    ControlClient next = agent().awaitOpen(open);
    assertThat(next.messages()).hasSize(3);
    assertThat(next.open(open)).isEqualTo(asked);
    assertThat(guest.check(open).path("state").asText()).isEqualTo("pending");
    assertThat(guest.check(decided).path("state").asText()).isEqualTo("denied");
    assertThat(guest.check(decided).path("note").asText()).isEqualTo("not today");
  }

  @Test
  void aDecisionAppliesOnceAndIsToldOnEveryConnection() throws IOException {
    ControlClient one = agent().awaitOpen();
    ControlClient two = agent().awaitOpen();
    String id = guest.asksFor("one.example.org");
    RequestOpen asked = one.awaitOpen(id).open(id);
    assertThat(two.awaitOpen(id).open(id)).isEqualTo(asked);

    one.decide(decision(asked, true, "for\u001b[31m now\u202e"));
    one.awaitOpen();
    two.awaitOpen();
    two.decide(decision(asked, false, "no"));
    String other = guest.asksFor("two.example.org");
    two.awaitOpen(other).decide(decision(two.open(other), false, "no"));
    two.awaitOpen();

    assertThat(guest.check(id).path("state").asText()).isEqualTo("approved");
    assertThat(guest.check(id).path("note").asText()).isEqualTo("for [31m now");
    assertThat(guest.check(other).path("state").asText()).isEqualTo("denied");
    assertThat(one.messages().stream().filter(OpenRequests.class::isInstance)).hasSize(5);
  }

  @Test
  void aDecisionAboutAnythingElseChangesNothing() throws IOException {
    String id = guest.asksFor("one.example.org");
    String other = guest.asksFor("two.example.org");
    ControlClient agent = agent().awaitOpen(id, other);
    Map<Path, String> before = files();

    agent.decide(new Decision(id, agent.open(other).ask().hash(), true, null));
    agent.decide(new Decision(other, ZERO, true, null));
    agent.decide(new Decision("r" + "0".repeat(16), agent.open(id).ask().hash(), true, null));
    String last = guest.asksFor("three.example.org");
    agent.awaitOpen(id, other, last);
    agent.decide(decision(agent.open(last), true, "yes")); // comes after them
    agent.awaitOpen(id, other);

    assertThat(guest.check(id).path("state").asText()).isEqualTo("pending");
    Map<Path, String> after = files();
    assertThat(after).containsAllEntriesOf(before).hasSize(3);
    assertThat(agent.hasEnded()).isFalse();
  }

  private Map<Path, String> files() throws IOException {
    Map<Path, String> files = new TreeMap<>();
    try (var all = Files.newDirectoryStream(home.resolve("queue"))) {
      for (Path file : all) {
        files.put(file, Files.readString(file));
      }
    }
    return files;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\n",
        "approve everything\n",
        "{}\n",
        "null\n",
        "{\"id\":\"ID\",\"hash\":\"short\",\"approved\":true,\"note\":null}\n",
        "{\"id\":\"../ID\",\"hash\":\"HASH\",\"approved\":true,\"note\":null}\n",
        "{\"id\":\"ID\",\"hash\":\"HASH\",\"approved\":true,\"note\":null,\"token\":\"x\"}\n",
        "{\"id\":\"ID\",\"hash\":\"HASH\",\"approved\":\"true\",\"note\":null}\n",
        "{\"id\":\"ID\",\"hash\":\"HASH\",\"approved\":true,\"note\":\"LONG\"}\n",
      })
  void aLineThatIsNoDecisionEndsItsConnectionAndNoOther(String line) throws IOException {
    String id = guest.asksFor("one.example.org");
    ControlClient kept = agent().awaitOpen(id);
    ControlClient agent = agent().awaitOpen(id);
    String hash = agent.open(id).ask().hash();

    agent.say(
        line.replace("ID", id)
            .replace("HASH", hash)
            .replace("LONG", "x".repeat(Decision.MAX_LINE_BYTES)));

    await().until(agent::hasEnded);
    assertThat(guest.check(id).path("state").asText()).isEqualTo("pending");
    kept.decide(decision(kept.open(id), true, ""));
    kept.awaitOpen();
  }

  @Test
  void aLineWithoutEndIsNotReadForEver() throws IOException {
    ControlClient agent = agent().awaitOpen();
    try {
      for (int i = 0; i < 1000; i++) {
        agent.say("x".repeat(1024));
      }
    } catch (IOException closed) {
      // before everything was written
    }
    await().until(agent::hasEnded);
  }

  @Test
  void aFloodLeavesTwentyOpenAndFewFilesAndEndsByItself() throws IOException {
    ControlClient agent = agent();
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      ids.add(guest.asksFor("h" + i + ".example.org"));
      time.pass(Duration.ofSeconds(2));
    }
    ids.remove(""); // refused
    assertThat(ids).hasSize(20);
    assertThat(guest.tool("bottle_status", "{}").at("/structuredContent/open_requests"))
        .hasSize(20);
    assertThat(files()).hasSize(20);
    await()
        .until(() ->
            agent.messages().getLast() instanceof OpenRequests open && open.ids().size() == 20);

    time.pass(Duration.ofDays(1));
    agent.awaitOpen();
  }

  @Test
  void theLongestRequestsAreToldAndKept() throws IOException {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String words = i + "\uD83D\uDE00".repeat(1300);
      ids.add(
          guest
              .tool(
                  "ask_human",
                  "{\"question\":\"%s\",\"options\":[\"%s\"],\"reason\":\"%s\"}"
                      .formatted(words, words, words))
              .at("/structuredContent/id")
              .asText());
      time.pass(Duration.ofSeconds(11));
    }
    String[] all = ids.toArray(String[]::new);
    agent().awaitOpen(all);

    supervise.close();
    start();

    ControlClient agent = agent().awaitOpen(all);
    String note = "\uD83D\uDE00".repeat(2000);
    agent.decide(decision(agent.open(all[0]), true, note));
    await().until(() -> guest.check(all[0]).path("note").asText().equals(note));
    supervise.close();
    start();
    assertThat(guest.check(all[0]).path("note").asText()).isEqualTo(note);
  }

  @Test
  void whatTheGuestWritesIsPlainTextEverywhere() throws IOException {
    String words = "a\\u001b[2J\\u202eb\\u200bc\\u2028d\\u0000e\\u0007\\r\\nf";
    String id =
        guest
            .tool(
                "ask_human",
                "{\"question\":\"%s\",\"options\":[\"%s\"],\"reason\":\"%s\"}"
                    .formatted(words, words, words))
            .at("/structuredContent/id")
            .asText();
    ControlClient agent = agent().awaitOpen(id);

    assertThat(agent.lines())
        .allSatisfy(line -> assertThat(line).doesNotContainPattern("[\\p{C}\\p{Zl}\\p{Zp}]"))
        .allSatisfy(line -> assertThat(line).doesNotContain("\\u", "\\r", "\\n"));
    assertThat(files().get(home.resolve("queue").resolve(id + ".json")))
        .doesNotContainPattern("[\\p{C}\\p{Zl}\\p{Zp}]")
        .doesNotContain("\\u");
  }
}
