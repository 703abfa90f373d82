package dev.bottle.bundle.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bottle.bundle.supervise.mcp.McpDoor;
import dev.bottle.bundle.supervise.mcp.McpServer;
import dev.bottle.bundle.supervise.request.Request;
import dev.bottle.bundle.supervise.request.RequestDesk;
import dev.bottle.crd.policy.Policy;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client of the Model Context Protocol says and hears, over the door's socket. */
@SuppressWarnings("StringConcatToTextBlock") // line ends are what is sent
class McpConversationTest {
  private static final String POLICY =
      """
      {"version":1,"bottle":{"namespace":"n","name":"b","uid":"u"},
       "egress":{"allow":["api.example.org"],"privateDestinations":[],"refusedAddresses":[],"upstreamRoots":"",
         "routes":[],"slots":[],"inspection":"Builtin","responses":{"maxBytes":1,"contentTypes":[],"injectionPatterns":"None"},"canary":""},
       "git":{"upstreams":[{"name":"app","url":"https://h.example.org/app.git","identitySlot":null,"tokenSlot":"GIT_CREDENTIAL_0",
         "knownHosts":null,"refs":["refs/heads/bottle/*"],"allowForce":false,"allowDelete":false,"readOnly":false}]}}
      """;

  @TempDir private Path home;

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

  @SuppressWarnings("NullAway.Init")
  private RequestDesk desk;

  @SuppressWarnings("NullAway.Init")
  private McpGuest guest;

  @BeforeEach
  void open() throws Exception {
    desk = new RequestDesk(home.resolve("queue"), Clock.systemUTC(), () -> {});
    Policy policy = Policy.parse(POLICY.getBytes(StandardCharsets.UTF_8));
    new McpDoor(new McpServer(new BottleTools(desk, Clock.systemUTC(), () -> Optional.of(policy))))
        .listen(loops, home.resolve("door.sock"));
    guest = new McpGuest(home.resolve("door.sock"));
  }

  @AfterEach
  void close() {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @ParameterizedTest
  @CsvSource({
    "2025-11-25, 2025-11-25",
    "2025-06-18, 2025-06-18",
    "2026-07-28, 2025-11-25",
    "'', 2025-11-25"
  })
  void aVersionIsAgreedOn(String asked, String agreed) throws IOException {
    JsonNode result =
        guest
            .ask("initialize", "{\"protocolVersion\":\"" + asked + "\",\"capabilities\":{}}")
            .path("result");
    assertThat(result.path("protocolVersion").asText()).isEqualTo(agreed);
    assertThat(result.path("capabilities").has("tools")).isTrue();
  }

  @Test
  void aLaterProtocolsFirstWordsLeadToInitialize() throws IOException {
    assertThat(guest.ask("server/discover", "{}").path("error").path("code").asInt())
        .isEqualTo(-32601);
    assertThat(
            guest.http(
                "POST /mcp HTTP/1.1\r\nContent-Type: application/json\r\n"
                    + "MCP-Protocol-Version: 2026-07-28\r\n",
                "{}"))
        .startsWith("HTTP/1.1 400 ");
  }

  @Test
  void everyToolHasASchemaThatForbidsOtherFields() throws IOException {
    JsonNode tools = guest.ask("tools/list", "{}").path("result").path("tools");
    assertThat(tools)
        .extracting(tool -> tool.path("name").asText())
        .containsExactly(
            "bottle_status",
            "request_egress",
            "request_git_upstream",
            "ask_human",
            "check_request",
            "withdraw_request");
    assertThat(tools)
        .allSatisfy(tool -> {
          assertThat(tool.path("description").asText()).isNotBlank();
          assertThat(tool.path("inputSchema").path("additionalProperties").asBoolean(true))
              .isFalse();
        });
  }

  @Test
  void aRequestIsMadeCheckedDecidedAndCheckedAgain() throws IOException {
    JsonNode made =
        guest.tool(
            "request_egress",
            "{\"host\":\"pypi.org\",\"path_prefix\":\"/simple\",\"ttl\":\"30m\",\"reason\":\"to"
                + " install\",\"failed_url\":\"https://pypi.org/simple/x\"}");
    assertThat(made.path("isError").asBoolean(true)).isFalse();
    String id = made.path("structuredContent").path("id").asText();
    assertThat(made.path("structuredContent").path("state").asText()).isEqualTo("pending");
    assertThat(desk.find(id).orElseThrow().reason())
        .isEqualTo("to install (failed: https://pypi.org/simple/x)");

    JsonNode status = guest.tool("bottle_status", "{}").path("structuredContent");
    assertThat(status.path("hosts").get(0).asText()).isEqualTo("api.example.org");
    assertThat(status.path("git_upstreams").get(0).path("url").asText())
        .isEqualTo("https://h.example.org/app.git");
    assertThat(status.path("open_requests").get(0).path("id").asText()).isEqualTo(id);

    Request request = desk.find(id).orElseThrow();
    desk.decide(id, request.hash(), true, "until noon");
    JsonNode checked =
        guest.tool("check_request", "{\"id\":\"" + id + "\"}").path("structuredContent");
    assertThat(checked.path("state").asText()).isEqualTo("approved");
    assertThat(checked.path("note").asText()).isEqualTo("until noon");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          request_egress   | {"host":"*","reason":"x"}                       | host must be one host name
          request_egress   | {"host":"169.254.169.254","reason":"x"}         | host must be one host name
          request_egress   | {"host":"a.example.org"}                        | reason is missing
          request_egress   | {"host":"a.example.org","reason":"x","ttl":"9"} | ttl must be a number
          request_egress   | {"host":"a.example.org","reason":"x","ttl":"48h"} | ttl must be from 1m to 24h
          request_egress   | {"host":"a.example.org","reason":"x","token":"y"} | arguments: token: unknown field
          request_egress   | {"host":1,"reason":"x"}                         | arguments: host
          request_git_upstream | {"url":"https://u:p@h.example.org/a","reason":"x"} | url must be https://host/path
          ask_human        | {"question":"   "}                              | question is missing
          check_request    | {"id":"../../etc/passwd"}                       | there is no such request
          withdraw_request | {}                                              | id is missing
          """)
  void aWrongArgumentIsAnErrorOfTheToolThatSaysWhatToWrite(
      String name, String arguments, String message) throws IOException {
    JsonNode result = guest.tool(name, arguments);
    assertThat(result.path("isError").asBoolean()).isTrue();
    assertThat(result.path("content").get(0).path("text").asText()).startsWith(message);
    assertThat(desk.open()).isEmpty();
  }

  @Test
  void otherHttpIsRefused() throws IOException {
    assertThat(guest.http("GET /mcp HTTP/1.1\r\n", "")).startsWith("HTTP/1.1 405 ");
    assertThat(guest.http("DELETE /mcp HTTP/1.1\r\n", "")).startsWith("HTTP/1.1 405 ");
    assertThat(guest.http("POST / HTTP/1.1\r\n", "{}")).startsWith("HTTP/1.1 404 ");
    assertThat(guest.http("POST /mcp HTTP/1.1\r\nContent-Type: text/plain\r\n", "{}"))
        .startsWith("HTTP/1.1 415 ");
    assertThat(
            guest.http(
                "POST /mcp HTTP/1.1\r\nContent-Type: application/json\r\n"
                    + "Origin: https://evil.example.org\r\n",
                "{}"))
        .startsWith("HTTP/1.1 403 ");
    assertThat(guest.post("{\"jsonrpc\":")).startsWith("HTTP/1.1 400 ").contains("-32700");
    assertThat(guest.post("[".repeat(60_000)))
        .startsWith("HTTP/1.1 400 ")
        .doesNotContain("at com.");
    assertThat(guest.post(" ".repeat(70_000))).startsWith("HTTP/1.1 413 ");
    assertThat(guest.post("[]")).contains("-32600");
    assertThat(guest.post("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"))
        .startsWith("HTTP/1.1 202 ");
    assertThat(guest.ask("tools/call", "{\"name\":\"rm\"}").path("error").path("code").asInt())
        .isEqualTo(-32602);
  }
}
