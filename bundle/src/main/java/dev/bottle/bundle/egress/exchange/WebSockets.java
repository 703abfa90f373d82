package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.guard.Opcode;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.bundle.egress.route.RouteDecision;
import dev.bottle.bundle.egress.route.RouteMatcher;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.policy.RoutePolicy;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.util.Optional;

/**
 * The opening handshake of a WebSocket (RFC 6455, section 4), and the change from HTTP to frames
 * after it. Extensions are not passed on: a compressed frame could be neither inspected nor masked.
 */
final class WebSockets {
  /** A frame is held whole; a longer one ends the WebSocket with 1009. */
  static final int MAX_FRAME = 256 * 1024;

  private static final int PORT = 443;

  private WebSockets() {}

  /** Whether the guest wants one, well-formed or not. */
  static boolean isAsked(HttpRequest head) {
    return isWebSocket(head.headers());
  }

  /** Whether it asks as section 4.1 says. */
  private static boolean isWellFormed(HttpRequest head) {
    HttpHeaders headers = head.headers();
    return head.method().equals(HttpMethod.GET)
        && headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
        && headers.getAll(HttpHeaderNames.SEC_WEBSOCKET_KEY).size() == 1
        && "13".equals(headers.get(HttpHeaderNames.SEC_WEBSOCKET_VERSION))
        && !HttpUtil.isTransferEncodingChunked(head)
        && headers.get(HttpHeaderNames.CONTENT_LENGTH, "0").equals("0");
  }

  /** Why the guest may not open the WebSocket that it asks for; empty when it asks for none. */
  static Optional<Refusal> refusal(HttpRequest head, String host, RouteMatcher routes) {
    if (!isAsked(head)) {
      return Optional.empty();
    }
    RouteDecision decision = routes.decide(host, head.method().name(), head.uri());
    if (!(decision instanceof RouteDecision.Matched(RoutePolicy route) && route.webSocket())) {
      return Optional.of(
          new Refusal(403, Reason.RequestNotAllowed, "WebSocketNotAllowed", host, PORT));
    }
    return isWellFormed(head)
        ? Optional.empty()
        : Optional.of(new Refusal(400, Reason.RequestMalformed, "WebSocketMalformed", host, PORT));
  }

  /** Whether an answer says that frames follow. */
  static boolean isAccepted(HttpResponse head) {
    return head.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)
        && isWebSocket(head.headers())
        && head.headers().contains(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT)
        && !head.headers().contains(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS);
  }

  /** Puts back what a head without hop-by-hop headers lacks. */
  static void mark(HttpHeaders headers) {
    headers.remove(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS);
    headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
    headers.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
  }

  /** Frames instead of HTTP, once the 101 is written. */
  static void openGuest(Channel guest) {
    ChannelPipeline pipeline = guest.pipeline();
    addFrames(pipeline, pipeline.context(StrictRequestDecoder.class), true);
    pipeline.remove(HttpResponseEncoder.class);
    pipeline.remove(StrictRequestDecoder.class); // hands on what it keeps
  }

  /**
   * Frames instead of HTTP. The codec is in the middle of its work and goes a moment later, as in
   * Netty's own client; until then it hands on what follows a 101 as it is.
   */
  static void openUpstream(Channel upstream) {
    ChannelPipeline pipeline = upstream.pipeline();
    ChannelHandlerContext context = pipeline.context(HttpClientCodec.class);
    HttpClientCodec codec = (HttpClientCodec) context.handler();
    codec.removeOutboundHandler();
    addFrames(pipeline, context, false);
    upstream
        .eventLoop()
        .execute(() -> {
          if (pipeline.context(codec) != null) {
            pipeline.remove(codec);
          }
        });
  }

  /** A client masks its frames and a server does not (section 5.3). */
  private static void addFrames(
      ChannelPipeline pipeline, ChannelHandlerContext after, boolean fromClient) {
    ChannelHandler decoder =
        new WebSocket13FrameDecoder(
            WebSocketDecoderConfig.newBuilder()
                .expectMaskedFrames(fromClient)
                .allowMaskMismatch(false)
                .allowExtensions(false)
                .maxFramePayloadLength(MAX_FRAME)
                .withUTF8Validator(false)
                .build());
    pipeline.addAfter(after.name(), "frames-in", decoder);
    pipeline.addAfter("frames-in", "frames-out", new WebSocket13FrameEncoder(!fromClient));
  }

  /** What a frame is; Netty's decoder makes no other. */
  static Opcode opcode(WebSocketFrame frame) {
    return switch (frame) {
      case TextWebSocketFrame _ -> Opcode.TEXT;
      case BinaryWebSocketFrame _ -> Opcode.BINARY;
      case ContinuationWebSocketFrame _ -> Opcode.CONTINUATION;
      case CloseWebSocketFrame _ -> Opcode.CLOSE;
      case PingWebSocketFrame _ -> Opcode.PING;
      case PongWebSocketFrame _ -> Opcode.PONG;
      default -> throw new IllegalArgumentException(frame.getClass().getName());
    };
  }

  private static boolean isWebSocket(HttpHeaders headers) {
    return headers.containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true);
  }
}
