package dev.bottle.bundle.egress.door;

import dev.bottle.bundle.authority.LeafMinter;
import dev.bottle.bundle.egress.Buffers;
import dev.bottle.bundle.egress.exchange.StrictRequestDecoder;
import dev.bottle.bundle.egress.exchange.TunnelContext;
import dev.bottle.bundle.socket.ControlServer;
import dev.bottle.bundle.socket.Guests;
import dev.bottle.bundle.socket.UnixSocket;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The socket through which the guest reaches the world, mode 0666. */
public final class Door {
  static final String DECODER = "decoder";
  static final String ENCODER = "encoder";
  static final String TLS = "tls";
  static final String TUNNEL = "tunnel";

  private final TunnelContext context;
  private final LeafMinter leaves;
  private final ControlServer control;
  private final Tunnels tunnels;
  private final Guests guests;

  /** Nothing listens yet. */
  public Door(TunnelContext context, LeafMinter leaves, ControlServer control, Tunnels tunnels) {
    this.context = context;
    this.guests = new Guests(context.limits().connections());
    this.leaves = leaves;
    this.control = control;
    this.tunnels = tunnels;
  }

  /** Listens on this socket; a connection stays on one of these event loops. */
  public Channel listen(EventLoopGroup loops, Path socket) throws IOException {
    return UnixSocket.listen(
        new ServerBootstrap()
            .group(loops)
            // Who asks for each read decides how much the guest may have under way.
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.ALLOCATOR, Buffers.POOL)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, Buffers.reads())
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, Buffers.UNSENT)
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
    StrictRequestDecoder decoder = new StrictRequestDecoder();
    decoder.setSingleDecode(true);
    guest
        .pipeline()
        .addLast("idle", new CloseWhenIdle(context.limits().idle().toMillis()))
        .addLast(DECODER, decoder)
        .addLast(ENCODER, new HttpResponseEncoder())
        .addLast("connect", new ConnectHandler(this));
  }

  TunnelContext context() {
    return context;
  }

  LeafMinter leaves() {
    return leaves;
  }

  ControlServer control() {
    return control;
  }

  Tunnels tunnels() {
    return tunnels;
  }

  private static final class CloseWhenIdle extends IdleStateHandler {
    CloseWhenIdle(long millis) {
      super(0, 0, millis, TimeUnit.MILLISECONDS);
    }

    @Override
    protected void channelIdle(ChannelHandlerContext context, IdleStateEvent event) {
      if (event.state() == IdleState.ALL_IDLE) {
        var _ = context.close();
      }
    }
  }
}
