package dev.bottle.bundle.socket;

import dev.bottle.crd.control.ControlMessage;
import dev.bottle.crd.control.DaemonState;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control socket (docs/contracts.md): each connection gets the state first, then everything
 * that is said. All of it happens on one event loop, so that order is the order of the calls. Who
 * reads too slowly is dropped, and connects again.
 */
public final class ControlServer {
  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
  private static final int MAX_CONNECTIONS = 16;
  private static final WriteBufferWaterMark UNREAD =
      new WriteBufferWaterMark(128 * 1024, 256 * 1024);

  /** Where a greeting alone may be a MiB: twenty lines of 50 KiB. */
  private static final WriteBufferWaterMark UNREAD_TALK =
      new WriteBufferWaterMark(1024 * 1024, 2 * 1024 * 1024);

  private final EventLoop loop;
  private final Set<Channel> connections = new HashSet<>();
  private DaemonState state;

  /** Says this state until the next; nothing listens yet. */
  public ControlServer(EventLoop loop, DaemonState first) {
    this.loop = loop;
    this.state = first;
  }

  /** Listens on this socket, mode 0660; nobody has anything to say there. */
  public Channel listen(Path socket) throws IOException {
    return listening(socket, null);
  }

  /** The same with more to say to each connection, and with something to hear. */
  public Channel listen(Path socket, ControlTalk talk) throws IOException {
    return listening(socket, talk);
  }

  private Channel listening(Path socket, @Nullable ControlTalk talk) throws IOException {
    return UnixSocket.listen(
        new ServerBootstrap()
            .group(loop)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, talk == null ? UNREAD : UNREAD_TALK)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new Connection(talk));
                    if (talk != null) {
                      ControlLines.read(channel, talk);
                    }
                  }
                }),
        socket,
        "rw-rw----");
  }

  /** To every connection, from any thread; never blocks. */
  public void send(ControlMessage message) {
    loop.execute(() -> {
      if (message instanceof DaemonState next) {
        state = next;
      }
      byte[] line = message.toLine();
      for (Channel connection : Set.copyOf(connections)) {
        send(connection, line);
      }
    });
  }

  private void send(Channel connection, byte[] line) {
    if (!connection.isActive()) {
      return;
    }
    if (!connection.isWritable()) {
      LOG.warn("a reader of the control socket is too slow and is dropped");
      var _ = connection.close();
      return;
    }
    var _ = connection.writeAndFlush(Unpooled.wrappedBuffer(line));
  }

  private final class Connection extends ChannelInboundHandlerAdapter {
    private final @Nullable ControlTalk talk;

    Connection(@Nullable ControlTalk talk) {
      this.talk = talk;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      if (connections.size() == MAX_CONNECTIONS) {
        var _ = context.close();
        return;
      }
      connections.add(context.channel());
      send(context.channel(), state.toLine());
      if (talk != null) {
        talk.greeting().forEach(message -> send(context.channel(), message.toLine()));
      }
      context.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      connections.remove(context.channel());
      context.fireChannelInactive();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (talk != null) {
        context.fireChannelRead(message);
        return;
      }
      ReferenceCountUtil.release(message);
      var _ = context.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var _ = context.close();
    }
  }
}
