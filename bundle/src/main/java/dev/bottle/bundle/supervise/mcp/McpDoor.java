package dev.bottle.bundle.supervise.mcp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.bottle.bundle.socket.Guests;
import dev.bottle.bundle.socket.UnixSocket;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The socket of an MCP server, mode 0666: Streamable HTTP without streams and sessions (MCP,
 * "Transports"), {@code POST /mcp} and nothing else.
 */
public final class McpDoor {
  private static final int MAX_CONNECTIONS = 16;
  private static final int MAX_BODY = 64 * 1024;
  private static final int IDLE_SECONDS = 120;
  private static final String VERSION_HEADER = "MCP-Protocol-Version";

  /** Nested deeper than any message needs to be, a body is none. */
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final McpServer server;
  private final Guests guests = new Guests(MAX_CONNECTIONS);

  /** Nothing listens yet. */
  public McpDoor(McpServer server) {
    this.server = server;
  }

  /** Listens on this socket. */
  public Channel listen(EventLoopGroup loops, Path socket) throws IOException {
    return UnixSocket.listen(
        new ServerBootstrap()
            .group(loops)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel guest) {
                    arrive(guest);
                  }
                }),
        socket,
        "rw-rw-rw-");
  }

  /** Closes every connection. */
  public void closeAll() {
    guests.closeAll();
  }

  private void arrive(Channel guest) {
    if (!guests.admit(guest)) {
      return;
    }
    guest
        .pipeline()
        .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
        .addLast(new HttpServerCodec())
        .addLast(new HttpObjectAggregator(MAX_BODY))
        .addLast(new FlowControlHandler())
        .addLast(new HttpServerKeepAliveHandler())
        .addLast(new Conversation());
  }

  /** One request at a time; what a tool does may wait for the disk, so not on the event loop. */
  private final class Conversation extends SimpleChannelInboundHandler<FullHttpRequest> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
      Optional<FullHttpResponse> refused = refusal(request);
      if (refused.isPresent()) {
        var _ = context.writeAndFlush(refused.get());
        return;
      }
      String body = request.content().toString(StandardCharsets.UTF_8);
      context.channel().config().setAutoRead(false);
      Thread.ofVirtual()
          .name("mcp")
          .start(() -> {
            var _ = context.writeAndFlush(answer(body));
            context.channel().config().setAutoRead(true);
          });
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var _ = context.close();
    }
  }

  private static Optional<FullHttpResponse> refusal(FullHttpRequest request) {
    if (request.decoderResult().isFailure()) {
      return Optional.of(empty(HttpResponseStatus.BAD_REQUEST));
    }
    if (!request.uri().equals("/mcp")) {
      return Optional.of(empty(HttpResponseStatus.NOT_FOUND));
    }
    if (!request.method().equals(HttpMethod.POST)) {
      FullHttpResponse only = empty(HttpResponseStatus.METHOD_NOT_ALLOWED);
      only.headers().set(HttpHeaderNames.ALLOW, "POST");
      return Optional.of(only);
    }
    if (request.headers().contains(HttpHeaderNames.ORIGIN)) {
      return Optional.of(empty(HttpResponseStatus.FORBIDDEN)); // a browser has no business here
    }
    String type = request.headers().get(HttpHeaderNames.CONTENT_TYPE, "");
    if (!type.split(";", 2)[0].strip().equalsIgnoreCase("application/json")) {
      return Optional.of(empty(HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE));
    }
    String version = request.headers().get(VERSION_HEADER);
    return version == null || McpServer.VERSIONS.contains(version)
        ? Optional.empty()
        : Optional.of(empty(HttpResponseStatus.BAD_REQUEST));
  }

  private FullHttpResponse answer(String body) {
    JsonNode message;
    try {
      message = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return json(HttpResponseStatus.BAD_REQUEST, McpServer.parseError());
    }
    return server
        .answer(message)
        .map(answer -> json(HttpResponseStatus.OK, answer))
        .orElseGet(() -> empty(HttpResponseStatus.ACCEPTED));
  }

  private static FullHttpResponse json(HttpResponseStatus status, JsonNode body) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            status,
            Unpooled.copiedBuffer(body.toString(), StandardCharsets.UTF_8));
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
        .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
    return response;
  }

  private static FullHttpResponse empty(HttpResponseStatus status) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER);
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
    return response;
  }
}
