package dev.bottle.bundle.egress.exchange;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages (of HTTP, then of a WebSocket) of a channel without auto-read, one for each {@link
 * #pull}. A decoder makes many messages of one read; those that nobody asked for wait here, and
 * nothing more is read. Netty's FlowControlHandler does the same by recursion, which a guest drives
 * arbitrarily deep with tiny chunks, and it forgets what waits when the channel ends.
 */
abstract class HttpObjectStream extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(HttpObjectStream.class);

  private final Queue<Object> waiting = new ArrayDeque<>();
  private @Nullable ChannelHandlerContext context;
  private boolean wanted;
  private boolean delivering;
  private boolean inactive;
  private boolean ended;
  private boolean discarding;

  /** One message that was pulled; the receiver releases it. */
  abstract void receive(Object object);

  /** The channel is closed and everything that it sent was received. */
  abstract void ended();

  /** What was written is on its way; there is room again. */
  abstract void writable();

  /** The head of a message has begun, and its end is not there yet. */
  void begun() {}

  /** Asks for the next message. Asking again before it comes changes nothing. */
  final void pull() {
    wanted = true;
    deliver();
  }

  /** Forgets what waits, and what the rest of a read may still bring. */
  final void discard() {
    discarding = true;
    waiting.forEach(ReferenceCountUtil::release);
    waiting.clear();
  }

  private void deliver() {
    if (delivering || context == null) {
      return;
    }
    delivering = true;
    try {
      while (wanted) {
        Object next = waiting.poll();
        if (next == null) {
          break;
        }
        wanted = false;
        receive(next);
      }
    } finally {
      delivering = false;
    }
    if (!waiting.isEmpty()) {
      return;
    }
    if (inactive) {
      if (!ended) {
        ended = true;
        ended();
      }
    } else if (wanted) {
      context.read();
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    deliver();
  }

  @Override
  public void channelRead(ChannelHandlerContext where, Object message) {
    if (discarding) {
      ReferenceCountUtil.release(message);
    } else if (message instanceof HttpObject || message instanceof WebSocketFrame) {
      waiting.add(message);
      deliver();
    } else {
      ReferenceCountUtil.release(message);
      deliver(); // what was asked for is yet to come
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext where, Object event) {
    if (event == StrictRequestDecoder.Event.HEAD_BEGUN) {
      begun();
    } else {
      where.fireUserEventTriggered(event);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext where) {
    inactive = true;
    deliver();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext where) {
    if (where.channel().isWritable()) {
      writable();
    }
  }

  /** Such as a reset or a malformed record: nothing of it is worth a stack trace, except bugs. */
  @Override
  public void exceptionCaught(ChannelHandlerContext where, Throwable cause) {
    switch (cause) {
      case IOException e -> LOG.debug("a connection failed: {}", e.getMessage());
      case Http2Exception e -> LOG.info("an upstream does not speak HTTP/2: {}", e.error());
      case DecoderException e ->
          LOG.info("a connection does not speak its protocol: {}", e.getClass().getSimpleName());
      default -> LOG.error("a tunnel failed", cause);
    }
    var _ = where.close();
  }
}
