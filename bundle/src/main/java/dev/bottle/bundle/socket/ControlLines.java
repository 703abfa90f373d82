package dev.bottle.bundle.socket;

import dev.bottle.crd.json.MalformedDocumentException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.flow.FlowControlHandler;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is said to a daemon on one connection of its control socket, a line at a time. */
final class ControlLines extends SimpleChannelInboundHandler<ByteBuf> {
  private static final Logger LOG = LoggerFactory.getLogger(ControlLines.class);

  private final ControlTalk talk;

  private ControlLines(ControlTalk talk) {
    this.talk = talk;
  }

  /** Hears lines on this connection from now on. */
  static void read(Channel connection, ControlTalk talk) {
    connection
        .pipeline()
        .addLast(new LineBasedFrameDecoder(talk.maxLineBytes(), true, true))
        .addLast(new FlowControlHandler())
        .addLast(new ControlLines(talk));
  }

  /** The next line is read when this one was heard. */
  @Override
  protected void channelRead0(ChannelHandlerContext context, ByteBuf line) {
    byte[] bytes = ByteBufUtil.getBytes(line);
    context.channel().config().setAutoRead(false);
    Thread.ofVirtual()
        .name("control")
        .start(() -> {
          if (isHeard(bytes)) {
            context.channel().config().setAutoRead(true);
          } else {
            var _ = context.close();
          }
        });
  }

  /** Nothing of a line is logged: whoever wrote it is not known. */
  private boolean isHeard(byte[] line) {
    try {
      talk.heard(line);
      return true;
    } catch (MalformedDocumentException e) {
      LOG.warn("a line on the control socket is not understood, and its connection ends");
    } catch (IOException e) {
      LOG.error("nothing came of a line on the control socket: {}", e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("hearing a line on the control socket failed", e);
    }
    return false;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof TooLongFrameException) {
      LOG.warn("a line on the control socket is too long, and its connection ends");
    }
    var _ = context.close();
  }
}
