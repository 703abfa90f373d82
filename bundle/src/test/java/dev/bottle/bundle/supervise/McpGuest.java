package dev.bottle.bundle.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A client of the Model Context Protocol at a door, with a connection for each request. */
record McpGuest(Path door) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The whole answer to one request. */
  String http(String head, String body) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(door));
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      String request =
          head
              + "Host: supervise\r\nConnection: close\r\nContent-Length: "
              + bytes.length
              + "\r\n\r\n";
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
      write(channel, bytes);
      ByteBuffer answer = ByteBuffer.allocate(256 * 1024);
      try {
        while (channel.read(answer) >= 0) {
          assertThat(answer.hasRemaining()).isTrue();
        }
      } catch (SocketException reset) {
        // what was sent was not read to its end; the answer came before
      }
      return new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
    }
  }

  private static void write(SocketChannel channel, byte[] body) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(body);
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException refused) {
      // answered before it was whole
    }
  }

  String post(String body) throws IOException {
    return http("POST /mcp HTTP/1.1\r\nContent-Type: application/json\r\n", body);
  }

  JsonNode ask(String method, String params) throws IOException {
    String answer =
        post(
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\""
                + method
                + "\",\"params\":"
                + params
                + "}");
    assertThat(answer).startsWith("HTTP/1.1 200 ").contains("application/json");
    JsonNode json = JSON.readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
    assertThat(json.path("id").asInt()).isEqualTo(7);
    return json;
  }

  JsonNode tool(String name, String arguments) throws IOException {
    return ask("tools/call", "{\"name\":\"" + name + "\",\"arguments\":" + arguments + "}")
        .path("result");
  }

  /** The id of a request for this host. */
  String asksFor(String host) throws IOException {
    return tool("request_egress", "{\"host\":\"" + host + "\",\"reason\":\"r\"}")
        .path("structuredContent")
        .path("id")
        .asText();
  }

  /** What became of it. */
  JsonNode check(String id) throws IOException {
    JsonNode result = tool("check_request", "{\"id\":\"" + id + "\"}");
    assertThat(result.path("isError").asBoolean(true)).isFalse();
    return result.path("structuredContent");
  }
}
