package dev.bottle.bundle.gitgate.door;

import dev.bottle.bundle.socket.Guests;
import dev.bottle.bundle.socket.UnixSocket;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerExpectContinueHandler;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.timeout.IdleStateHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The socket through which the guest's git comes, mode 0666. */
public final class GitDoor {
  private static final int MAX_LINE = 2048;
  private static final int MAX_HEAD = 16 * 1024;
  private static final int MAX_CHUNK = 32 * 1024;

  private final Service service;
  private final Guests guests;

  /** Nothing listens yet. */
  public GitDoor(Service service) {
    this.service = service;
    this.guests = new Guests(service.limits().connections());
  }

  /** Listens on this socket. */
  public Channel listen(EventLoopGroup loops, Path socket) throws IOException {
    return UnixSocket.listen(
        new ServerBootstrap()
            .group(loops)
            .childOption(ChannelOption.AUTO_READ, false)
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

  /** Ends what a policy that was just put in force does not allow as it is. */
  public void enforce() {
    for (Channel guest : guests) {
      GitConnection connection = guest.pipeline().get(GitConnection.class);
      Exchange exchange = connection == null ? null : connection.exchange();
      if (exchange != null
          && service
              .repositories()
              .find(exchange.upstream().name())
              .filter(now -> now.upstream().equals(exchange.upstream()))
              .isEmpty()) {
        exchange.cancel();
        guest.close().awaitUninterruptibly();
      }
    }
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
        .addLast(
            new IdleStateHandler(0, 0, service.limits().idle().toMillis(), TimeUnit.MILLISECONDS))
        .addLast(new HttpServerCodec(MAX_LINE, MAX_HEAD, MAX_CHUNK))
        .addLast(new HttpServerExpectContinueHandler())
        .addLast(new FlowControlHandler())
        .addLast(new HttpServerKeepAliveHandler())
        .addLast(new GitConnection(service));
  }
}
